/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The texts of the list of drop reasons. Read by the CLI, the counters and the generated reference.
 */
#include "net/drop.h"

struct drop_text {
	const char *name;
	const char *sentence;
	const char *source;
};

static const struct drop_text texts[] = { [DROP_NONE] = { "", "", "" },
#define X(symbol, name, sentence, source) [DROP_##symbol] = { name, sentence, source },
	DROP_LIST(X)
#undef X
};

static const struct drop_text *
text_of(enum drop_reason reason)
{
	return &texts[(unsigned int)reason < DROP_REASONS ? reason : DROP_NONE];
}

const char *
drop_name(enum drop_reason reason)
{
	return text_of(reason)->name;
}

const char *
drop_sentence(enum drop_reason reason)
{
	return text_of(reason)->sentence;
}

const char *
drop_source(enum drop_reason reason)
{
	return text_of(reason)->source;
}
