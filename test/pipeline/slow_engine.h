/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine of the registry that keeps what it is given as long as a gate is closed, and fails when told. */
#ifndef TEST_PIPELINE_SLOW_ENGINE_H
#define TEST_PIPELINE_SLOW_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

/** poll() gives nothing back while it is. */
extern bool slow_engine_gate_closed;

/** Bit i: packet i of the next encap() of an engine that is done at once comes back with DROP_CRYPTO. */
extern uint64_t slow_engine_fails;

/** The next pipe_create() uses engine @p n of the registry behind an open gate. */
void slow_engine_use(unsigned int n);

#endif
