/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The telnet protocol (RFC 854, 855, 857, 858) as far as a server needs it: commands are taken out of the bytes of a client.
 */
#ifndef CLI_TELNET_H
#define CLI_TELNET_H

#include <stdbool.h>
#include <stdint.h>

enum telnet_state { TELNET_DATA, TELNET_IAC, TELNET_OPTION, TELNET_SUB, TELNET_SUB_IAC };

struct telnet {
	enum telnet_state state;
	uint8_t command; /* WILL, WONT, DO or DONT: its option follows */
	bool spoken;     /* the client has sent a telnet command */
	bool echo;       /* the client agreed to our echo: character at a time */
};

/** What the server opens with: IAC WILL ECHO, IAC WILL SUPPRESS-GO-AHEAD. */
extern const uint8_t telnet_greeting[6];

enum telnet_result {
	TELNET_NOTHING,
	TELNET_BYTE,
	TELNET_EOF,
	TELNET_INTERRUPT,
	TELNET_ERASE,
	TELNET_KILL
};
/** Take one byte. TELNET_BYTE: it is data (an escaped 255 too). */
enum telnet_result telnet_take(struct telnet *t, uint8_t byte);

#endif
