/* SPDX-License-Identifier: BSD-3-Clause */
/* Which engine runs an SA: crypto.engine. Engines are opened with the gateway and stay; what they can do, they say themselves. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "control/ctl.h"

int
ctl_engines_open(struct ctl *ctl, const struct ctl_args *args, struct err *err)
{
	struct counter_table *counters = sadb_counters(ctl->sadb);
	struct engine *e;
	unsigned int i;

	snprintf(ctl->engine_wanted, sizeof(ctl->engine_wanted), "auto");
	for (i = 0; i < args->nb_engines && ctl->nb_engines < ENGINE_MAX; i++) {
		struct err why = { 0 };

		e = args->engines[i]->open(counters, ctl->nb_workers, &why);
		if (e == NULL) {
			log_warning("engine %s is left out: %s", args->engines[i]->name, why.msg);
			continue;
		}
		e->place = (uint8_t)ctl->nb_engines;
		ctl->engine[ctl->nb_engines++] = e;
	}
	if (args->nb_engines != 0 && ctl->nb_engines == 0)
		return err_set(err, ENODEV, "crypto: no engine can be opened");
	return 0;
}

void
ctl_engines_close(struct ctl *ctl)
{
	while (ctl->nb_engines > 0) {
		ctl->nb_engines--;
		ctl->engine[ctl->nb_engines]->ops->close(ctl->engine[ctl->nb_engines]);
	}
}

int
ctl_set_engine(struct ctl *ctl, const char *name, struct err *err)
{
	char names[64] = "auto";
	unsigned int i;

	ctl_assert_thread();
	if (strcmp(name, ctl->engine_wanted) == 0)
		return 0;
	for (i = 0; i < ctl->nb_engines; i++) {
		const char *known = ctl->engine[i]->ops->name;

		if (strcmp(name, known) == 0)
			break;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s", known);
	}
	if (i == ctl->nb_engines && strcmp(name, "auto") != 0)
		return err_set(err, EINVAL, "crypto.engine: no engine is called %.32s (%s)", name,
				names);
	snprintf(ctl->engine_wanted, sizeof(ctl->engine_wanted), "%s", name);
	return 0;
}

const char *
ctl_engine_name(const struct ctl *ctl)
{
	return ctl->engine_wanted;
}

static bool
in_hardware(const struct engine *e, const struct sa_params *prm)
{
	return e->ops->in_hardware != NULL && e->ops->in_hardware(e, prm);
}

static bool
is_auto(const struct ctl *ctl)
{
	return strcmp(ctl->engine_wanted, "auto") == 0;
}

struct engine *
ctl_engine_for(struct ctl *ctl, const struct sa_params *prm, struct err *err)
{
	const bool any = is_auto(ctl);
	unsigned int i;

	for (i = 0; any && i < ctl->nb_engines; i++) {
		if (in_hardware(ctl->engine[i], prm) &&
				ctl->engine[i]->ops->session_check(ctl->engine[i], prm, err) == 0)
			return ctl->engine[i];
	}
	err_set(err, ENOTSUP, "no crypto engine is open");
	for (i = 0; i < ctl->nb_engines; i++) {
		struct engine *e = ctl->engine[i];

		/* the last engine is the one that can do most: its reason is the one to tell */
		if ((any || strcmp(ctl->engine_wanted, e->ops->name) == 0) &&
				e->ops->session_check(e, prm, err) == 0)
			return e;
	}
	return NULL;
}

bool
ctl_engine_is_forced(const struct ctl *ctl)
{
	return !is_auto(ctl);
}

void
ctl_sa_why(struct ctl *ctl, const struct sa_ctl *sa, char *buf, unsigned int size)
{
	struct err err = { 0 };
	unsigned int i;

	ctl_assert_thread();
	if (sa->engine == NULL) {
		snprintf(buf, size, "larval");
		return;
	}
	if (sa->engine_forced) {
		snprintf(buf, size, "crypto.engine was %s", sa->engine->ops->name);
		return;
	}
	if (in_hardware(sa->engine, &sa->prm)) {
		snprintf(buf, size, "hardware");
		return;
	}
	for (i = 0; i < ctl->nb_engines && ctl->engine[i] != sa->engine; i++) {
		struct engine *e = ctl->engine[i];

		if (e->ops->session_check(e, &sa->prm, &err) != 0) {
			snprintf(buf, size, "%s does not run it", e->ops->name);
			return;
		}
	}
	snprintf(buf, size, ctl->nb_engines > 1 ? "fastest" : "only engine");
}
