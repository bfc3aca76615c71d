/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration files and key files on disk, and the size that must be read in well under a second. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/model.h"

static char dir[] = "/tmp/unit-config-XXXXXX";

static int
dir_create(void **state)
{
	return mkdtemp(dir) == NULL;
}

static int
dir_destroy(void **state)
{
	char path[PATH_MAX];
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	closedir(d);
	return rmdir(dir);
}

static char *
file_with(const char *name, const char *bytes, size_t n, mode_t mode)
{
	static char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

/* An SA whose key is in the file peer.key beside the configuration. */
static struct cfg *
read_with_key_file(const char *key, size_t n, struct cfg_errors *errors)
{
	static const char text[] = "{\"sa\": [{\"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", "
				   "\"spi\": 256, \"encryption_key_file\": \"peer.key\"}]}";

	file_with("peer.key", key, n, 0600);
	return cfg_read_file(file_with("cfg.json", text, strlen(text), 0600), errors);
}

static void
takes_a_key_from_a_file_in_any_form_of_setkey(void **state)
{
	static const struct {
		const char *file;
		const char *key;
	} table[] = {
		{ "0x414243\n", "ABC" },
		{ "0X414243", "ABC" },
		{ "VerySecureKey!!1\n", "VerySecureKey!!1" },
		{ "\"VerySecureKey!!1\"\r\n", "VerySecureKey!!1" },
		{ "\"0x41\"\n", "0x41" },
		{ " a \n", " a " },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cfg_errors errors = { 0 };
		struct cfg *cfg = read_with_key_file(table[i].file, strlen(table[i].file), &errors);

		assert_non_null(cfg);
		assert_int_equal(cfg->sas[0].encryption_key_len, strlen(table[i].key));
		assert_memory_equal(cfg->sas[0].encryption_key, table[i].key, strlen(table[i].key));
		cfg_free(cfg);
	}
}

static void
refuses_a_key_file_without_showing_it(void **state)
{
	char large[5000], expected[256];
	struct {
		const char *file;
		size_t n;
		const char *said;
	} table[] = {
		{ "", 0, "is empty" },
		{ "\n", 1, "is empty" },
		{ "0x5ec\n", 6, "has 3 hex digits (two for each byte)" },
		{ "0x5ecret\n", 9, "has no hex digit at place 4 behind 0x" },
		{ large, sizeof(large), "is too large for a key (at most 160 bytes of key)" },
	};
	size_t i;

	memset(large, 's', sizeof(large));
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cfg_errors errors = { 0 };

		assert_null(read_with_key_file(table[i].file, table[i].n, &errors));
		assert_int_equal(errors.n, 1);
		assert_string_equal(errors.list[0].path, "sa[0].encryption_key_file");
		snprintf(expected, sizeof(expected), "%s/peer.key: %s", dir, table[i].said);
		assert_string_equal(errors.list[0].msg, expected);
		cfg_errors_free(&errors);
	}
}

static void
says_which_file_can_not_be_read(void **state)
{
	struct cfg_errors errors = { 0 };
	char expected[256];

	assert_null(cfg_read_file("/nowhere/cfg.json", &errors));
	assert_string_equal(errors.list[0].msg, "/nowhere/cfg.json: No such file or directory");
	cfg_errors_free(&errors);
	assert_null(cfg_read_file(dir, &errors));
	snprintf(expected, sizeof(expected), "%s: is not a regular file", dir);
	assert_string_equal(errors.list[0].msg, expected);
	cfg_errors_free(&errors);
	assert_null(cfg_read_file(file_with("bad.json", "{\n  oops\n}", 10, 0600), &errors));
	assert_int_equal(errors.n, 1);
	assert_string_equal(errors.list[0].path, "");
	snprintf(expected, sizeof(expected), "%s/bad.json:2:6: string or '}' expected", dir);
	assert_string_equal(errors.list[0].msg, expected);
	cfg_errors_free(&errors);
}

static void
replaces_a_file_as_a_whole_for_its_owner_alone(void **state)
{
	char *path = file_with("saved.json", "old", 3, 0644);
	struct err err = { 0 };
	struct stat st;
	char text[32] = { 0 };
	FILE *f;

	assert_int_equal(cfg_write_file(path, "{\n}\n", &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	f = fopen(path, "r");
	assert_int_equal(fread(text, 1, sizeof(text), f), 4);
	fclose(f);
	assert_string_equal(text, "{\n}\n");
}

static void
leaves_nothing_behind_when_it_can_not_write(void **state)
{
	struct err err = { 0 };
	char path[PATH_MAX], expected[PATH_MAX + 64];
	unsigned int n = 0;
	DIR *d;

	assert_int_equal(cfg_write_file("/nowhere/cfg.json", "{}", &err), -ENOENT);
	assert_string_equal(err.msg, "/nowhere/cfg.json: No such file or directory");
	snprintf(path, sizeof(path), "%s/folder", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(cfg_write_file(path, "{}", &err) < 0); /* rename() onto a directory */
	snprintf(expected, sizeof(expected), "%s: Is a directory", path);
	assert_string_equal(err.msg, expected);
	rmdir(path);
	d = opendir(dir);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += strncmp(e->d_name, "folder", 6) == 0;
	closedir(d);
	assert_int_equal(n, 0);
}

static void
does_not_put_a_file_in_the_place_of_a_device_or_a_pipe(void **state)
{
	char path[PATH_MAX], expected[PATH_MAX + 64];
	struct err err = { 0 };
	struct stat st;

	snprintf(path, sizeof(path), "%s/pipe", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(cfg_write_file(path, "{}", &err), -EINVAL);
	snprintf(expected, sizeof(expected), "%s: is not a regular file", path);
	assert_string_equal(err.msg, expected);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	unlink(path);
}

/* 10,000 tunnels and 20,000 SAs. The limit is generous: machines that run tests are slow. */
static void
reads_ten_thousand_tunnels_quickly(void **state)
{
	struct cfg_errors errors = { 0 };
	struct timespec begin, end;
	struct cfg cfg = { .engine = "auto" }, *again;
	char *text;
	unsigned int i;
	double s;

	cfg.nb_ipsec = cfg.nb_routes = 10000;
	cfg.nb_sas = 20000;
	cfg.ipsec = calloc(cfg.nb_ipsec, sizeof(*cfg.ipsec));
	cfg.routes = calloc(cfg.nb_routes, sizeof(*cfg.routes));
	cfg.sas = calloc(cfg.nb_sas, sizeof(*cfg.sas));
	for (i = 0; i < cfg.nb_ipsec; i++) {
		snprintf(cfg.ipsec[i].name, IFACE_NAME_MAX, "ipsec%u", i);
		cfg.ipsec[i].reqid = 100 + i;
		cfg.ipsec[i].tunnel_local = ip_from_v4(rte_cpu_to_be_32(0xc0000201));
		cfg.ipsec[i].tunnel_remote = ip_from_v4(rte_cpu_to_be_32(0xc6120000 + i));
		snprintf(cfg.routes[i].interface, IFACE_NAME_MAX, "ipsec%u", i);
		cfg.routes[i].kind = CFG_ROUTE_INTERFACE;
		cfg.routes[i].prefix.addr = ip_from_v4(rte_cpu_to_be_32(0x0a000000 + (i << 8)));
		cfg.routes[i].prefix.len = 24;
	}
	for (i = 0; i < cfg.nb_sas; i++) {
		cfg.sas[i].src = ip_from_v4(rte_cpu_to_be_32(0xc0000201));
		cfg.sas[i].dst = ip_from_v4(rte_cpu_to_be_32(0xc6120000 + i / 2));
		cfg.sas[i].spi = 1000 + i;
		cfg.sas[i].encryption_key_len = 20;
		snprintf(cfg.sas[i].mode, sizeof(cfg.sas[i].mode), "tunnel");
	}
	text = cfg_dump(&cfg);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	again = cfg_read_text(text, ".", &errors);
	assert_non_null(again);
	assert_int_equal(cfg_check(again, &errors), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	s = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	print_message("%zu bytes read and checked in %.0f ms\n", strlen(text), 1000 * s);
	assert_true(s < 3);
	cfg_text_free(text);
	cfg_free(again);
	free(cfg.ipsec);
	free(cfg.routes);
	free(cfg.sas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_key_from_a_file_in_any_form_of_setkey),
		cmocka_unit_test(refuses_a_key_file_without_showing_it),
		cmocka_unit_test(says_which_file_can_not_be_read),
		cmocka_unit_test(replaces_a_file_as_a_whole_for_its_owner_alone),
		cmocka_unit_test(leaves_nothing_behind_when_it_can_not_write),
		cmocka_unit_test(does_not_put_a_file_in_the_place_of_a_device_or_a_pipe),
		cmocka_unit_test(reads_ten_thousand_tunnels_quickly),
	};

	return cmocka_run_group_tests_name("config/files", tests, dir_create, dir_destroy);
}
