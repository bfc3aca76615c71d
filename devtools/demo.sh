#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The example of if_ipsec(4), live: two gateways (dpdk-ipsecif) in network namespaces, keyed by what
# the man page prints, and a ping between the hosts behind them. ./run demo calls it as root. Every
# step says what it does; nothing stays behind, also when interrupted. Exit 0 only when all pings
# came back, ESP was on the wire and nothing in clear was.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/.." && pwd)
BIN=$TOP/build/bin
PREFIX=${DEMO_PREFIX-}          # in front of the namespaces' names, for a second demo at the same time
STATE=/run/dpdk-ipsecif-demo${PREFIX:+-$PREFIX}
NAMESPACES=(host-a gw-a gw-b host-b)
PIDS=()
TCPDUMPS=()
INTERRUPTED=
exec 3>&2 # a trap runs with the redirections of what it interrupts

if [ -t 1 ]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
	BOLD='' DIM='' PLAIN=''
fi

step() {
	printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"
}

note() {
	printf '    %s\n' "$*"
}

show() {
	sed "s/^/    $DIM| $PLAIN/"
}

die() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

inside() {
	local where=$PREFIX$1
	shift
	ip netns exec "$where" "$@"
}

remove_namespaces() {
	local name
	for name in "${NAMESPACES[@]}"; do
		if [ -e "/run/netns/$PREFIX$name" ]; then
			ip netns del "$PREFIX$name" || true
		fi
	done
}

cleanup() {
	local code=$? pid
	# A second Ctrl-C must not leave half of it behind.
	trap - EXIT
	trap '' INT TERM
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for _ in {1..100}; do
		kill -0 "${PIDS[@]}" 2>/dev/null || break
		sleep 0.05
	done
	for pid in "${PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	if [ -n "$INTERRUPTED" ]; then
		printf '\ndemo: interrupted; everything that was made is removed\n' >&3
	elif [ $code -ne 0 ]; then
		for log in "$STATE"/*.err; do
			[ -s "$log" ] || continue
			printf -- '--- %s\n' "${log##*/}" >&3
			tail -n 30 "$log" >&3
		done
	fi
	remove_namespaces
	rm -rf "/run/dpdk/demo-$PREFIX"gw-[ab]-$$ # EAL's own, which it leaves
	[ -n "${DEMO_KEEP-}" ] || rm -rf "$STATE"
	exit $code
}

# What another run left is removed when that run is gone; what others made is not touched.
claim() {
	local name owner
	if [ -d "$STATE" ]; then
		owner=$(cat "$STATE/pid" 2>/dev/null || echo none)
		if grep -qs demo.sh "/proc/$owner/cmdline"; then
			die "another demo runs (pid $owner)"
		fi
		note "removing what an earlier demo left"
		remove_namespaces
		rm -rf "$STATE"
	fi
	for name in "${NAMESPACES[@]}"; do
		if [ -e "/run/netns/$PREFIX$name" ]; then
			die "a network namespace $PREFIX$name is there already and not of a demo: ip netns del $PREFIX$name"
		fi
	done
	mkdir -m 0700 "$STATE"
	echo $$ >"$STATE/pid"
	trap cleanup EXIT
	trap 'INTERRUPTED=1; exit 130' INT
	trap 'INTERRUPTED=1; exit 143' TERM
}

# cable NS1 IF1 NS2 IF2: a veth pair. Checksums and segments are made by whoever sends, since
# what sits at the other end is a dataplane and no kernel.
cable() {
	ip -n "$PREFIX$1" link add "$2" type veth peer name "$4" netns "$PREFIX$3"
	inside "$1" ethtool -K "$2" tx off sg off tso off gso off gro off >/dev/null 2>&1 || true
	inside "$3" ethtool -K "$4" tx off sg off tso off gso off gro off >/dev/null 2>&1 || true
}

# The gateways' ends have no address in the kernel: all that answers is dpdk-ipsecif.
port_of_gateway() {
	inside "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
	ip -n "$PREFIX$1" link set "$2" arp off up
}

host() {
	local name=$1 address=$2 gateway=$3
	inside "$name" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	ip -n "$PREFIX$name" addr add "$address" dev eth0
	ip -n "$PREFIX$name" link set eth0 up
	ip -n "$PREFIX$name" route add default via "$gateway"
}

network() {
	local name
	for name in "${NAMESPACES[@]}"; do
		ip netns add "$PREFIX$name"
		ip -n "$PREFIX$name" link set lo up
	done
	cable host-a eth0 gw-a lan0
	cable gw-a wan0 gw-b wan0
	cable gw-b lan0 host-b eth0
	for name in gw-a gw-b; do
		port_of_gateway $name lan0
		port_of_gateway $name wan0
	done
	host host-a 10.1.0.2/24 10.1.0.1
	host host-b 10.2.0.2/24 10.2.0.1
}

gateway() {
	local name=$1 lan=$2 wan=$3 cpu=$4
	cat >"$STATE/$name.json" <<-JSON
		{
		  "ports": {
		    "lan0": { "device": "net_af_packet0", "addresses": ["$lan"] },
		    "wan0": { "device": "net_af_packet1", "addresses": ["$wan"] }
		  }
		}
	JSON
	# Not by inside(): $! would be the subshell of the function, and killing it would leave the program.
	ip netns exec "$PREFIX$name" "$BIN/dpdk-ipsecif" -l "$cpu" --no-huge -m 1024 --no-pci --no-telemetry \
		--file-prefix "demo-$PREFIX$name-$$" \
		--vdev net_af_packet0,iface=lan0,qdisc_bypass=0 \
		--vdev net_af_packet1,iface=wan0,qdisc_bypass=0 \
		-- -c "$STATE/$name.json" --socket "$STATE/$name.sock" \
		>"$STATE/$name.out" 2>"$STATE/$name.err" </dev/null &
	PIDS+=($!)
	for _ in {1..1200}; do
		grep -qx ready "$STATE/$name.out" && return
		[ -d "/proc/${PIDS[-1]}" ] || die "$name did not start"
		sleep 0.05
	done
	die "$name is not ready after 60 s"
}

# Type what is on standard input into the gateway's CLI.
type_into() {
	(cat && echo quit) >"$STATE/typed"
	inside "$1" "$TOP/devtools/telnet-paste" 127.0.0.1 8086 <"$STATE/typed" >"$STATE/typed.out" ||
		die "$1: the telnet session failed"
	show <"$STATE/typed.out"
}

man_page() {
	local name=$1 here=$2 there=$3 inner=$4 inner_peer=$5 reqid=$6 far=$7
	type_into "$name" <<-EOT
		ifconfig ipsec0 create reqid $reqid
		ifconfig ipsec0 inet tunnel $here $there
		ifconfig ipsec0 inet $inner/16 $inner_peer
		setkey -c
		add 192.168.0.3 192.168.0.5 esp 10000 -m tunnel -u $reqid -E rijndael-cbc "VerySecureKey!!1";
		add 192.168.0.5 192.168.0.3 esp 10001 -m tunnel -u $reqid -E rijndael-cbc "VerySecureKey!!2";
		$(printf '\004')
		route add $far -interface ipsec0
	EOT
}

# Each packet is in the file as soon as it has passed: without --immediate-mode the kernel would keep
# blocks of them back for up to a second.
capture() {
	local name=$1 device=$2 file=$3
	ip netns exec "$PREFIX$name" tcpdump -q -n -U --immediate-mode -i "$device" -w "$file" 'not ip6' \
		>/dev/null 2>"$STATE/tcpdump.$name" </dev/null &
	PIDS+=($!)
	TCPDUMPS+=($!)
	for _ in {1..1200}; do
		grep -qs 'listening on' "$STATE/tcpdump.$name" && return
		sleep 0.05
	done
	die "tcpdump does not start: $(cat "$STATE/tcpdump.$name")"
}

# count FILE FILTER: packets of a capture, in COUNT. Not by $(): bash 5.2 stumbles over a signal that it
# gets in there.
count() {
	tcpdump -n -r "$@" 2>/dev/null | wc -l >"$STATE/count"
	read -r COUNT <"$STATE/count"
}

# expect FILE N FILTER: waits until there are N such packets in the file of a running tcpdump.
expect() {
	for _ in {1..400}; do
		count "$1" "$3" || true # its last packet may be there by half
		[ "$COUNT" -lt "$2" ] || return 0
		sleep 0.05
	done
}

# What the captures have got is whole in their files when they have ended.
captures_end() {
	local pid
	for pid in "${TCPDUMPS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" || die "tcpdump ended with an error: $(cat "$STATE"/tcpdump.*)"
	done
}

counters() {
	local word
	for word in 'netstat -i' 'setkey -D' 'show drops'; do
		note "$1# $word"
		# shellcheck disable=SC2086 # the command is several words
		"$BIN/ipsecifctl" -s "$STATE/$1.sock" $word | awk '$1 != "0"' | show
	done
}

main() {
	local cpus esp clear lost=0
	[ "$(id -u)" = 0 ] || die "needs root: ./run demo as root, or with sudo in front"
	mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
		awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }')

	step "1. Four machines (network namespaces) and three cables (veth)"
	claim
	network
	note "host-a ---------- gw-a ================= gw-b ---------- host-b"
	note "10.1.0.2    10.1.0.1  192.168.0.3  192.168.0.5  10.2.0.1    10.2.0.2"

	step "2. dpdk-ipsecif on gw-a and gw-b, each with two ports (net_af_packet) and no tunnel yet"
	gateway gw-a 10.1.0.1/24 192.168.0.3/24 "${cpus[0]}"
	gateway gw-b 10.2.0.1/24 192.168.0.5/24 "${cpus[-1]}"
	note "both say: ready"

	step "3. Without a tunnel host-a does not reach host-b"
	if inside host-a ping -n -c 1 -W 1 10.2.0.2 >"$STATE/ping" 2>&1; then
		die "host-b answers although there is no tunnel"
	fi
	grep -E 'From|packets' "$STATE/ping" | show

	step "4. The example of if_ipsec(4), pasted into gw-a: telnet 127.0.0.1 8086"
	man_page gw-a 192.168.0.3 192.168.0.5 172.16.0.3 172.16.0.5 100 10.2.0.0/24
	step "5. The same mirrored on gw-b, with a reqid of its own"
	man_page gw-b 192.168.0.5 192.168.0.3 172.16.0.5 172.16.0.3 200 10.1.0.0/24

	step "6. ping from host-a to host-b, with tcpdump on the wire between the gateways and on host-b"
	capture gw-a wan0 "$STATE/wire.pcap"
	capture host-b eth0 "$STATE/host-b.pcap"
	inside host-a ping -n -c 5 -i 0.2 -W 10 10.2.0.2 >"$STATE/ping" 2>&1 || lost=1
	show <"$STATE/ping"
	expect "$STATE/wire.pcap" 10 esp
	expect "$STATE/host-b.pcap" 10 icmp
	captures_end

	step "7. On the wire between gw-a and gw-b: ESP, and nothing else but ARP"
	tcpdump -n -r "$STATE/wire.pcap" 2>/dev/null | show
	step "8. The same packets opened by tcpdump with the keys: an independent eye"
	tcpdump -n -r "$STATE/wire.pcap" -E '10000@192.168.0.5 aes128-cbc:VerySecureKey!!1,10001@192.168.0.3 aes128-cbc:VerySecureKey!!2' esp 2>/dev/null | show || true
	step "9. On host-b: clear packets"
	tcpdump -n -r "$STATE/host-b.pcap" 2>/dev/null | show

	step "10. Counters of both gateways"
	counters gw-a
	counters gw-b

	count "$STATE/wire.pcap" esp
	esp=$COUNT
	count "$STATE/wire.pcap" 'ip and not esp'
	clear=$COUNT
	step "Result"
	note "ping: $(grep 'packets transmitted' "$STATE/ping")"
	note "on the wire: $esp ESP packets, $clear others"
	if [ $lost = 1 ] || ! grep -q ' 0% packet loss' "$STATE/ping"; then
		die "pings were lost"
	fi
	[ "$esp" -ge 10 ] || die "fewer ESP packets than pings and answers"
	[ "$clear" = 0 ] || die "there were IP packets in clear on the wire"
	note "everything that was made is removed now"
}

main "$@"
