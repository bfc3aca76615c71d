# SPDX-License-Identifier: BSD-3-Clause
# Completion of ipsecifctl for bash: options and commands are known here, names come from the running gateway.

_ipsecifctl_names() {
	ipsecifctl "${_ipsecifctl_socket[@]}" "$@" 2>/dev/null
}

_ipsecifctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands="ifconfig route setkey arp ndp netstat sysctl show explain ipsec clear save load confirm diff help"
	local i=1 words=""
	local -a _ipsecifctl_socket=()

	COMPREPLY=()
	while ((i < COMP_CWORD)) && [[ ${COMP_WORDS[i]} == -* ]]; do
		case ${COMP_WORDS[i]} in
		-s)
			_ipsecifctl_socket=(-s "${COMP_WORDS[i + 1]}")
			((i += 2))
			;;
		-f) ((i += 2)) ;;
		*) ((i++)) ;;
		esac
	done
	if ((i >= COMP_CWORD)); then
		case $prev in
		-s | -f) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W "-s -j -f -h --help --version $commands" -- "$cur") ;;
		esac
		return
	fi
	case ${COMP_WORDS[i]}:$((COMP_CWORD - i)) in
	ifconfig:1) words="-a -l ipsec $(_ipsecifctl_names ifconfig -l)" ;;
	ifconfig:*) words="create destroy tunnel deletetunnel inet inet6 alias -alias delete netmask prefixlen mtu auto
		reqid fib tunnelfib up down monitor -monitor description -description" ;;
	route:1) words="add change delete get" ;;
	route:*) words="default -inet -inet6 -fib -interface -blackhole -reject $(_ipsecifctl_names ifconfig -l)" ;;
	explain:1 | ipsec:2) words="out in" ;;
	ipsec:1) words="explain" ;;
	explain:* | ipsec:*)
		words="-i -fib -len -df -ttl -tos -from -natt -seq -fragment -inner"
		[[ $prev == -i ]] && words=$(_ipsecifctl_names ifconfig -l)
		;;
	setkey:1) words="-c -f -D -DP -F" ;;
	setkey:*) [[ $prev == -f ]] && mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return ;;
	arp:1 | ndp:1) words="-a -s -d" ;;
	arp:* | ndp:*) words=$(_ipsecifctl_names ifconfig -l) ;;
	netstat:1) words="-i -rn -s" ;;
	netstat:*) words="-f inet inet6 -fib" ;;
	sysctl:*) words="-a $(_ipsecifctl_names sysctl -a | sed 's/:.*//')" ;;
	show:1) words="drops workers stats crypto ports memory state version" ;;
	clear:1) words="counters" ;;
	confirm:1) words="-back" ;;
	help:1) words=$commands ;;
	save:* | load:* | diff:*)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _ipsecifctl ipsecifctl
