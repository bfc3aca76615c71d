# SPDX-License-Identifier: BSD-3-Clause
"""A place to type a page in: its own namespaces for mounts, network and processes.

Writes go to a tmpfs; the rest of the file system is read-only, and so are the kernel's settings
except those of the network. We are process 1 of the place: when we end, also by SIGKILL, the kernel
kills its other processes and removes its mounts, devices and network namespaces. We end when the
process that asked for the place ends.
"""
import ctypes
import os
import signal
import subprocess
import sys
import traceback

from . import Wrong

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None, use_errno=True)
BASES = ('/mnt', '/media', '/srv')      # where the tmpfs is mounted: one that the project is not in
WRITABLE = ('/etc', '/var/lib')         # new files there exist in the place only


def libc(name, *args):
    if getattr(LIBC, name)(*args) != 0:
        code = ctypes.get_errno()
        raise Wrong(f'{name}: {os.strerror(code)} (as root, and in a container with CAP_SYS_ADMIN)')


def mount(*args):
    done = subprocess.run(['mount', *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f'mount {" ".join(args)}: {done.stderr.strip()}')


def without_devices():
    """No NIC of the machine, and none of its hugepages."""
    with open('/proc/mounts', encoding='utf-8') as f:
        mounts = [line.split() for line in f]
    for path in [m[1] for m in mounts if m[2] == 'hugetlbfs']:
        subprocess.run(['umount', '-l', path], check=True)
    if os.path.isdir('/sys/bus/pci/devices'):
        mount('-t', 'tmpfs', '-o', 'ro', 'none', '/sys/bus/pci/devices')


def furnish(top):
    """The mounts. @return the directory to stand in: what a checkout has, and writable."""
    base = next(b for b in BASES if os.path.isdir(b) and not (top + '/').startswith(b + '/'))
    mount('--make-rprivate', '/')
    mount('-t', 'proc', 'proc', '/proc')
    mount('-t', 'tmpfs', '-o', 'mode=0755', 'docs', base)
    for name in ('tree', 'run', 'tmp', 'project'):
        os.mkdir(f'{base}/{name}')
    os.chmod(f'{base}/tmp', 0o1777)
    mount('--bind', top, f'{base}/tree')
    for path in WRITABLE:
        real, seen = (base + kind + path.replace('/', '-') for kind in ('/real', '/seen'))
        os.mkdir(real)
        os.mkdir(seen)
        mount('--bind', path, real)
        for name in os.listdir(path):
            os.symlink(f'{real}/{name}', f'{seen}/{name}')
        mount('--bind', seen, path)
    mount('--bind', f'{base}/run', '/run')
    mount('--bind', f'{base}/tmp', '/tmp')
    os.makedirs(top, exist_ok=True)     # it may be in one of these
    mount('--bind', f'{base}/tree', top)
    for path in (f'{base}/tree', top, '/', '/sys'):
        mount('-o', 'remount,bind,ro', path)
    mount('--bind', '/proc/sys', '/proc/sys')
    mount('--bind', '/proc/sys/net', '/proc/sys/net')
    mount('-o', 'remount,bind,ro', '/proc/sys')
    without_devices()
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    for name in os.listdir(top):
        os.symlink(f'{top}/{name}', f'{base}/project/{name}')
    return f'{base}/project'


def first_process(top, work):
    """In the new namespaces, as process 1. Never returns."""
    code = 1
    try:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.setsid()     # ^C goes to the process that waits for us
        os.chdir(furnish(top))
        code = work()
    except Wrong as e:
        print(f'check-docs: {e}', flush=True)
    except BrokenPipeError:     # nobody reads what we print
        pass
    except BaseException:   # pylint: disable=broad-except
        traceback.print_exc()
    finally:
        os._exit(code)


def inside(top, work):
    """Call work() in a place of its own. @return its exit code."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sys.stdout.flush()
    outer = os.fork()
    if outer == 0:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_DFL)
        try:
            libc('unshare', CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET)
        except Wrong as e:
            print(f'check-docs: {e}', flush=True)
            os._exit(1)
        first = os.fork()
        if first == 0:
            first_process(top, work)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xff)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(outer, 0)[1])
    except BaseException:
        os.kill(outer, signal.SIGKILL)
        raise
    finally:
        wait_for_all()


def wait_for_all():
    """Until the last process of the place, and so the place itself, is gone."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return
