"""The live view on a terminal of several widths: no line wraps, and nothing of it is left at the end."""
import fcntl
import os
import pty
import re
import struct
import termios

from behaviour import SECONDS, Behaviour, main

BODY = "sources:\n  numbers_with_a_rather_long_name: {generate: {count: 3000, rate: 3000/s}, fields: {i: i}}\n" \
       "operators:\n  some: {from: numbers_with_a_rather_long_name, filter: \"i % 2 = 0\"}\n" \
       "sinks:\n  out: {from: some, discard: {}}\n"
UP = re.compile(r"\x1b\[(\d+)A")
ERASE = re.compile(r"\r\x1b\[\d+A\x1b\[J")


class Terminal(Behaviour):
    def shown(self, columns, rows):
        """All that a terminal of this size is sent on standard error."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = self.start("run", self.topology(BODY), stderr=slave)
        os.close(slave)
        text = b""
        while True:
            try:
                got = os.read(master, 65536)
            except OSError:  # EIO: the other side has closed.
                break
            if not got:
                break
            text += got
        process.wait(timeout=SECONDS)
        self.assertEqual(process.returncode, 0)
        return text.decode().replace("\r\n", "\n")

    def test_no_line_is_wider_than_the_terminal_and_the_view_goes_away(self):
        for columns in (20, 40, 80, 200):
            with self.subTest(columns=columns):
                pieces = ERASE.split(self.shown(columns, 24))
                self.assertGreater(len(pieces), 3, "redrawn in place several times")
                for view in pieces[:-1]:
                    for line in view.splitlines():
                        self.assertLessEqual(len(line), columns - 1, line)
                self.assertIn("in/s"[:2], pieces[0])
                self.assertIn("finished", pieces[-1], "the summary stands after the last erasure")
                self.assertNotIn("in/s", pieces[-1])

    def test_every_redraw_erases_exactly_what_was_drawn(self):
        text = self.shown(60, 24)
        drawn = 0
        for part in re.split(r"(\r\x1b\[\d+A\x1b\[J)", text)[:-1]:
            if match := UP.search(part):
                self.assertEqual(int(match.group(1)), drawn)
            else:
                drawn = part.count("\n")

    def test_a_low_terminal_shows_what_fits(self):
        for view in ERASE.split(self.shown(80, 4))[:-1]:
            self.assertLess(view.count("\n"), 4)


if __name__ == "__main__":
    main()
