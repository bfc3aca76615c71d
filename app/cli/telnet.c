/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telnet commands taken out of a stream of bytes. What a client offers is not answered, so that no two sides can answer each other
 * for ever; subnegotiations are skipped however long they are.
 */
#include "cli/telnet.h"

#define IAC 255
#define DONT 254
#define DO 253
#define WONT 252
#define WILL 251
#define SB 250
#define EL 248
#define EC 247
#define IP 244
#define BRK 243
#define TN_EOF 236
#define SE 240
#define OPT_ECHO 1
#define OPT_SGA 3

const uint8_t telnet_greeting[6] = { IAC, WILL, OPT_ECHO, IAC, WILL, OPT_SGA };

static enum telnet_result
take_command(struct telnet *t, uint8_t byte)
{
	t->state = TELNET_DATA;
	if (byte == IAC)
		return TELNET_BYTE;
	t->spoken = true;
	switch (byte) {
	case WILL:
	case WONT:
	case DO:
	case DONT:
		t->command = byte;
		t->state = TELNET_OPTION;
		return TELNET_NOTHING;
	case SB:
		t->state = TELNET_SUB;
		return TELNET_NOTHING;
	case TN_EOF:
		return TELNET_EOF;
	case IP:
	case BRK:
		return TELNET_INTERRUPT;
	case EC:
		return TELNET_ERASE;
	case EL:
		return TELNET_KILL;
	default:
		return TELNET_NOTHING;
	}
}

enum telnet_result
telnet_take(struct telnet *t, uint8_t byte)
{
	switch (t->state) {
	case TELNET_DATA:
		if (byte != IAC)
			return TELNET_BYTE;
		t->state = TELNET_IAC;
		break;
	case TELNET_IAC:
		return take_command(t, byte);
	case TELNET_OPTION:
		if (byte == OPT_ECHO && (t->command == DO || t->command == DONT))
			t->echo = t->command == DO;
		t->state = TELNET_DATA;
		break;
	case TELNET_SUB:
		if (byte == IAC)
			t->state = TELNET_SUB_IAC;
		break;
	case TELNET_SUB_IAC:
		t->state = byte == SE ? TELNET_DATA : TELNET_SUB;
		break;
	}
	return TELNET_NOTHING;
}
