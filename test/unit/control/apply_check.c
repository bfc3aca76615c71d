/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `dpdk-ipsecif -n` says: the examples that come with the program are right, and each mistake of an SA is told at its place, without
 * its key. The folder of the examples is the argument.
 */
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/control.h"

static const char *examples = "config/examples";

static void
finds_nothing_wrong_with_the_examples(void **state)
{
	DIR *d = opendir(examples);
	unsigned int n = 0;
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		struct cfg_errors errors = { 0 };
		char path[PATH_MAX];
		struct cfg *cfg;

		if (strstr(e->d_name, ".json") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", examples, e->d_name);
		cfg = cfg_read_file(path, &errors);
		if (cfg == NULL || ctl_check(cfg, &errors) != 0)
			fail_msg("%s: %s: %s", e->d_name, errors.list[0].path, errors.list[0].msg);
		cfg_free(cfg);
		n++;
	}
	closedir(d);
	assert_true(n >= 6);
}

#define ENDS "\"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\""
#define KEY16 "\"encryption_key\": \"0x00112233445566778899aabbccddeeff\""

static void
tells_each_mistake_of_an_sa_at_its_place(void **state)
{
	static const struct {
		const char *sa;
		const char *said; /* path and how the message begins */
	} table[] = {
		{ ENDS ", \"spi\": 300, \"encryption\": \"rot13\", " KEY16,
				"sa[1].encryption: \"rot13\" is not known (" },
		{ ENDS ", \"spi\": 300, \"encryption\": \"0x5ec2e7\", " KEY16,
				"sa[1].encryption: \"0x...\" is not known (" },
		{ ENDS ", \"spi\": 300, \"encryption\": \"aes-cbc\", \"authentication\": "
		       "\"crc32\", " KEY16,
				"sa[1].authentication: \"crc32\" is not known (" },
		{ ENDS ", \"spi\": 300, \"encryption\": \"aes-cbc\", \"encryption_key\": "
		       "\"0x5ec3e7\"",
				"sa[1].encryption_key: " },
		{ ENDS ", \"spi\": 300, \"encryption\": \"aes-cbc\"", "sa[1].encryption_key: " },
		{ ENDS ", \"spi\": 300, \"encryption\": \"aes-gcm-16\", " KEY16,
				"sa[1].encryption_key: " },
		{ ENDS ", \"spi\": 300, \"encryption\": \"aes-cbc\", " KEY16
		       ", \"authentication\": \"hmac-sha2-256\", \"authentication_key\": \"short\"",
				"sa[1].authentication_key: " },
		{ ENDS ", \"spi\": 300, " KEY16,
				"sa[1].encryption_key: is given without encryption" },
		{ ENDS ", \"spi\": 300", "sa[1]: " },
		{ ENDS ", \"spi\": 300, \"esn\": true, \"encryption\": \"aes-cbc\", " KEY16,
				"sa[1]: " },
		{ ENDS ", \"spi\": 300, \"encryption\": \"aes-cbc\", " KEY16
		       ", \"lifetime\": {\"soft_seconds\": 20, \"hard_seconds\": 10}",
				"sa[1]: " },
		{ "\"src\": \"192.0.2.1\", \"dst\": \"2001:db8::1\", \"spi\": 300, \"encryption\": "
		  "\"aes-cbc\", " KEY16,
				"sa[1]: " },
		{ "\"src\": \"0.0.0.0\", \"dst\": \"192.0.2.1\", \"spi\": 300, \"encryption\": "
		  "\"aes-cbc\", " KEY16,
				"sa[1]: " },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cfg_errors errors = { 0 };
		char text[2048], said[512];
		struct cfg *cfg;

		/* the first one is right: the number in the path says something */
		snprintf(text, sizeof(text),
				"{\"sa\": [{" ENDS
				", \"spi\": 299, \"encryption\": \"aes-cbc\", " KEY16 "}, {%s}]}",
				table[i].sa);
		cfg = cfg_read_text(text, ".", &errors);
		if (cfg == NULL)
			fail_msg("%s: %s", errors.list[0].path, errors.list[0].msg);
		assert_int_equal(ctl_check(cfg, &errors), 1);
		snprintf(said, sizeof(said), "%s: %s", errors.list[0].path, errors.list[0].msg);
		print_message("%s\n", said);
		if (strncmp(said, table[i].said, strlen(table[i].said)) != 0)
			fail_msg("%s\nbut expected %s", said, table[i].said);
		assert_true(strlen(errors.list[0].msg) > 10);
		assert_null(strstr(said, "5ec3e7"));
		assert_null(strstr(said, "0011"));
		cfg_errors_free(&errors);
		cfg_free(cfg);
	}
}

static void
reads_every_member_of_an_sa(void **state)
{
	static const char text[] = "{\"sa\": [{\"src\": \"2001:db8::1\", \"dst\": \"2001:db8::2\", "
				   "\"spi\": \"0xfffffffe\", \"reqid\": 4294967295,"
				   " \"mode\": \"any\", \"encryption\": \"rijndael-cbc\", "
				   "\"encryption_key\": \"VerySecureKey!!1\","
				   " \"authentication\": \"hmac-sha1\", \"authentication_key\": "
				   "\"0x000102030405060708090a0b0c0d0e0f10111213\","
				   " \"replay_window_packets\": 128, \"esn\": true, \"natt\": "
				   "{\"sport\": 4500, \"dport\": 10000},"
				   " \"pad\": \"random-pad\", \"lifetime\": {\"soft_seconds\": 1, "
				   "\"hard_seconds\": 2, \"soft_use_seconds\": 3,"
				   " \"hard_use_seconds\": 4, \"soft_bytes\": 5, \"hard_bytes\": "
				   "6, \"soft_packets\": 7, \"hard_packets\": 8}}]}";
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = cfg_read_text(text, ".", &errors);
	struct sa_params prm;
	struct err err = { 0 };

	assert_non_null(cfg);
	assert_int_equal(ctl_sa_params(&cfg->sas[0], &prm, &err), 0);
	assert_string_equal(ip_str(&prm.src), "2001:db8::1");
	assert_string_equal(ip_str(&prm.dst), "2001:db8::2");
	assert_int_equal(prm.spi, 0xfffffffe);
	assert_int_equal(prm.reqid, 0xffffffff);
	assert_int_equal(prm.mode, SA_MODE_ANY);
	assert_string_equal(prm.enc->name, "aes-cbc");
	assert_string_equal(prm.auth->name, "hmac-sha1");
	assert_int_equal(prm.keys.enc_len, 16);
	assert_memory_equal(prm.keys.enc, "VerySecureKey!!1", 16);
	assert_int_equal(prm.keys.auth_len, 20);
	assert_int_equal(prm.keys.auth[19], 0x13);
	assert_int_equal(prm.replay_window, 128);
	assert_true(prm.esn);
	assert_int_equal(prm.natt_sport, 4500);
	assert_int_equal(prm.natt_dport, 10000);
	assert_int_equal(prm.pad, SA_PAD_RANDOM);
	assert_int_equal(prm.soft.seconds, 1);
	assert_int_equal(prm.hard.seconds, 2);
	assert_int_equal(prm.soft.use_seconds, 3);
	assert_int_equal(prm.hard.use_seconds, 4);
	assert_int_equal(prm.soft.bytes, 5);
	assert_int_equal(prm.hard.bytes, 6);
	assert_int_equal(prm.soft.packets, 7);
	assert_int_equal(prm.hard.packets, 8);
	cfg_free(cfg);
}

/* Mistakes of every kind in one file: what one part says wrong hides nothing of another. */
static void
tells_mistakes_of_all_kinds_at_once(void **state)
{
	static const char text[] =
			"{\"ports\": {\"lan0\": {\"device\": \"d\", \"speed\": 10}},"
			" \"ipsec\": {\"ipsec0\": {\"reqid\": 7}, \"ipsec1\": {\"reqid\": 7}},"
			" \"sa\": [{" ENDS ", \"spi\": 300, \"encryption\": \"aes-cbc\", "
			"\"encryption_key\": \"short\"},"
			" {" ENDS ", \"spi\": 5, \"encryption\": \"aes-cbc\", \"encryption_key\": "
			"\"short\"}],"
			" \"sysctl\": {\"net.inet.ip.ttl\": 256, \"kern.hz\": 1}}";
	static const char *const said[] = {
		"ports.lan0.speed: unknown key (allowed: device, devargs, mac, mtu, addresses, "
		"fib, up, monitor, description, host)",
		"sa[1].spi: 5 is out of range (256 to 4294967295)",
		"ipsec.ipsec1.reqid: 7 is the reqid of ipsec0 already",
		"sa[0].encryption_key: aes-cbc key is 40 bits (128, 192, 256)",
		"sysctl.net.inet.ip.ttl: 256 is out of range (1 to 255)",
		"sysctl.kern.hz: unknown name",
	};
	char path[] = "/tmp/unit-control-XXXXXX", line[512];
	struct cfg_errors errors = { 0 };
	struct err err = { 0 };
	unsigned int i;

	close(mkstemp(path));
	assert_int_equal(cfg_write_file(path, text, &err), 0);
	assert_null(ctl_read_file(path, &errors));
	unlink(path);
	for (i = 0; i < errors.n && i < sizeof(said) / sizeof(said[0]); i++) {
		snprintf(line, sizeof(line), "%s: %s", errors.list[i].path, errors.list[i].msg);
		assert_string_equal(line, said[i]);
	}
	assert_int_equal(errors.n, sizeof(said) / sizeof(said[0]));
	cfg_errors_free(&errors);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_wrong_with_the_examples),
		cmocka_unit_test(tells_each_mistake_of_an_sa_at_its_place),
		cmocka_unit_test(reads_every_member_of_an_sa),
		cmocka_unit_test(tells_mistakes_of_all_kinds_at_once),
	};

	if (argc > 1)
		examples = argv[1];
	return cmocka_run_group_tests_name("control/check", tests, NULL, NULL);
}
