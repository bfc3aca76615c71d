/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of struct iface_table, for the files of this layer only. Chains are arrays of interface indices, 0 ends a chain, so an
 * interface costs a few bytes in each and no allocation.
 */
#ifndef IFACE_TABLE_H
#define IFACE_TABLE_H

#include "iface/iface.h"

/** All of it is [C]. 0, or -ENOMEM with @p err. */
int iface_names_create(struct iface_table *t, struct err *err);
void iface_names_destroy(struct iface_table *t);
int iface_addrs_create(struct iface_table *t, struct err *err);
void iface_addrs_destroy(struct iface_table *t);
int iface_tunnels_create(struct iface_table *t, struct err *err);
void iface_tunnels_destroy(struct iface_table *t);

/** The number of "ipsecN" (no leading zero, 0 to 32767), or -1: not such a name. */
int ipsec_if_unit(const char *name);

#endif
