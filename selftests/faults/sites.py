#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""usage: sites.py MODULE

Lists where a module made by `make ko-faults` calls what may be out of memory, a line each:
	FUNCTION+OFFSET CALL FILE:LINE
FUNCTION+OFFSET is where the call returns to, as the kernel prints it.
"""
import re
import subprocess
import sys

# UML's modules call through a register: an address is taken here and called there.
TAKEN = re.compile(r'movabs .*,(%\w+)$|lea .*,(%\w+)$')
CALLED = re.compile(r'call +\*(%\w+)')
# not by pop: what comes after a function's end is reached from before it
WRITTEN = re.compile(r'(?:mov|lea|xor)\w* +(?:.*,)?(%\w+)$')
ALIASES = {'init_module': 'mb_init', 'cleanup_module': 'mb_exit'}


def run(*command, text=None):
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout


def find(module):
    """Yields section, address of the call's last byte, site, call."""
    section = name = ''
    start, held, last, pending = 0, {}, '', None
    for line in run('objdump', '-dr', '--no-show-raw-insn', module).splitlines():
        if line.startswith('Disassembly of section'):
            section = line.split()[-1].rstrip(':')
        elif re.match(r'[0-9a-f]+ <.*>:$', line):
            start, name = line.split(' <')
            start, name = int(start, 16), name[:-2]
            held, last = {}, ''
        elif 'R_X86_64_' in line:
            target = re.sub(r'[-+]0x[0-9a-f]+$', '', line.split()[-1])
            if not target.startswith('shim_'):
                continue
            taken = TAKEN.search(last)
            if 'call' in last:
                pending = (section, name, start, target)
            elif taken:
                held[taken.group(1) or taken.group(2)] = target
        elif re.match(r' *[0-9a-f]+:\t', line):
            address = int(line.split(':')[0], 16)
            if pending:
                section_of, name_of, start_of, target = pending
                pending = None
                if not name_of.startswith('shim_'):
                    yield (section_of, address - 1,
                           '%s+0x%x' % (ALIASES.get(name_of, name_of), address - start_of), target[5:])
            last = line.rstrip()
            called, written = CALLED.search(last), WRITTEN.search(last)
            if called and called.group(1) in held:
                pending = (section, name, start, held[called.group(1)])
            elif written:
                held.pop(written.group(1), None)


def lines(module, section, addresses):
    """With -i the innermost of inlined functions comes first; the first that is ours is it."""
    text = run('addr2line', '-aie', module, '-j', section,
               text=''.join('%x\n' % a for a in addresses))
    out = []
    for line in text.splitlines():
        ours = re.search(r'src/([a-z_0-9]+\.[ch]:[0-9]+)', line)
        if line.startswith('0x'):
            out.append('?')
        elif ours and out[-1] == '?':
            out[-1] = ours.group(1)
    return out


def main():
    found = sorted(set(find(sys.argv[1])))
    for section in sorted({f[0] for f in found}):
        here = [f for f in found if f[0] == section]
        for f, line in zip(here, lines(sys.argv[1], section, [f[1] for f in here])):
            print(f[2], f[3], line)


main()
