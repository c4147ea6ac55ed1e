"""The product, `serve`, on the model of an STM32F405 with no host behind it: it starts, learns, saves into the chip's flash, and
finds what it saved after a power cut."""
import pathlib
import sys
import unittest
from harness import PROGRAMS
from cortex_m import Machine
from stm32f4 import IWDG, Chip
from stm32f4_watchdog import FEED, KR

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fleet/src"))
from dense_fleet.protocol.answers import Answer
from dense_fleet.protocol.frames import Decoder, encode
from dense_fleet.protocol.messages import (
    Checksum, Hello, InputValues, Learn, Request, Reset, Save, Step, TargetClass)

SESSION = 0x1234_5678
IMAGE = InputValues(bytes(index * 7 % 256 for index in range(784)))
LESSON = Learn(IMAGE, TargetClass(3), Step(0.1, 0), None)
SECTORS_FOR_SAVES = {10, 11}


class Board:
    """The board. `held` is what its flash held before, `chip` are arguments of the chip."""

    def __init__(self, held=None, **chip):
        self.chip = Chip("stm32f405", **chip)
        if held is not None:
            self.chip.flash.bytes[:] = held
        self.machine = Machine((PROGRAMS / "stm32f405-serve.elf").read_bytes(), self.chip, None)
        self.machine.run()
        self.sequence = 0

    def ask(self, command):
        """The reply, or the refusal; None where it started anew."""
        self.sequence += 1
        self.chip.sent.clear()
        self.chip.received += encode(Request(self.sequence, SESSION, command).to_bytes())
        self.machine.accesses = 0
        resets = self.machine.resets
        self.machine.resume()
        if self.machine.resets != resets:
            return None
        messages = Decoder().push(bytes(self.chip.sent))
        answer = Answer.from_bytes(messages[0])
        assert (len(messages), answer.sequence, answer.session) == (1, self.sequence, SESSION), messages
        return getattr(answer.result, "reply", None) or answer.result.refusal

    def problems(self):
        return self.chip.violations + list(self.chip.after_start())


class Serve(unittest.TestCase):
    def test_starts(self):
        for name, clocks, hz in (("a crystal", {}, 168_000_000), ("none", {"crystal_hz": 0}, 16_000_000)):
            with self.subTest(name):
                board = Board(clocks=clocks)
                description = board.ask(Hello())
                self.assertEqual((description.board, description.clock_hz), ("stm32f405", hz))
                self.assertEqual(type(description.origin).__name__, "OriginFactory")
                self.assertEqual((board.problems(), board.chip.flash.erased), ([], []))

    def test_saves(self):
        board = Board()
        board.ask(Hello())
        before = board.ask(Checksum())
        for number in 1, 2:
            learned = board.ask(LESSON)
            self.assertLess(learned.loss_after, learned.loss_before)
            after = board.ask(Checksum())
            self.assertNotEqual(after, before)
            self.assertEqual(board.ask(Save()).save, number)
        self.assertLessEqual(set(board.chip.flash.erased), SECTORS_FOR_SAVES)
        self.assertEqual(board.problems(), [])

        again = Board(board.chip.flash.bytes)
        self.assertEqual(again.ask(Hello()).origin.save, 2)
        self.assertEqual(again.ask(Checksum()), after)
        again.ask(Reset())
        self.assertEqual(again.ask(Checksum()), before)
        self.assertEqual(again.problems(), [])

    def test_crystal_stops(self):
        """In the erasure of the second save, or while it is written, it starts anew, with the first save."""
        for seconds in 0.3, 2.3:
            with self.subTest(seconds):
                self.stop_crystal(seconds)

    def stop_crystal(self, seconds):
        board = Board()
        board.ask(Hello())
        board.ask(LESSON)
        saved = board.ask(Checksum())
        self.assertEqual(board.ask(Save()).save, 1)
        board.ask(LESSON)
        board.chip.clocks.crystal_stops = board.chip.seconds + seconds
        self.assertIsNone(board.ask(Save()))
        description = board.ask(Hello())
        self.assertEqual((description.clock_hz, description.origin.save), (16_000_000, 1))
        self.assertEqual(board.ask(Checksum()), saved)
        self.assertEqual(board.problems(), [])

    def test_watchdog(self):
        """It is fed as long as the line is idle, and between requests; where nothing feeds it, the board starts anew."""
        for name, clocks in ("a crystal", {}), ("none", {"crystal_hz": 0}):
            with self.subTest(name):
                board = Board(clocks=clocks)
                watchdog = board.chip.watchdog
                # The longest request erases four sectors, each for up to 4 s.
                self.assertGreater(watchdog.period, 4 * 4 + 1)
                board.machine.sleep(3 * watchdog.period)
                self.assertEqual(type(board.ask(Hello()).origin).__name__, "OriginFactory")
                self.assertEqual((board.machine.resets, board.problems()), (0, []))
                self.assertGreater(watchdog.feedings, 30)
                # The program hangs: no timer, and no byte, wakes it.
                board.chip.wait(watchdog.period)
                board.machine.resume()
                self.assertEqual(board.machine.resets, 1)

    def test_hungry(self):
        """The planted fault: a program that does not feed it."""
        feeding = lambda block, register, value: None if (block, register, value) == (IWDG, KR, FEED) else value
        board = Board(tamper=feeding)
        board.machine.sleep(3 * board.chip.watchdog.period)
        self.assertGreaterEqual(board.machine.resets, 2)

    def test_errors(self):
        """A failing operation of the flash is refused, and the weights stay."""
        for name, flash in (("a protected sector", {"protected": (10, 11)}), ("does not unlock", {"key_lost": True}),
                            ("does not end", {"stuck": 1})):
            with self.subTest(name):
                board = Board(flash=flash)
                board.ask(Hello())
                board.ask(LESSON)
                learned = board.ask(Checksum())
                self.assertIn("Flash", type(board.ask(Save())).__name__)
                self.assertEqual(board.ask(Checksum()), learned)


if __name__ == "__main__":
    unittest.main()
