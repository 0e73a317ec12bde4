#!/usr/bin/env python3
"""usage: client_trouble_test.py BINARIES - libholdfast in a C program while its agent is in trouble, is another one, or is behind somebody who forwards: each has its error, no call takes
longer than its timeout, what was granted stands, and all is well when the agent is."""
import contextlib, os, signal, socket, sys, threading, unittest
from client_library import Driver, Library
from metered_product import licensed_host
from stage import Stage

BINARIES = sys.argv.pop(1)
LIBRARY = Library(BINARIES)
NOBODY = 65534


class Dripping:
    """Forwards a socket's connections to another socket, and what comes back octet by octet, `pause` seconds after each."""

    def __init__(self, path, agent, pause=0):
        self.agent, self.pause, self.ended = str(agent), pause, threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def start(self, work, *args):
        self.threads.append(threading.Thread(target=work, args=args))
        self.threads[-1].start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, agent = self.listener.accept()[0], socket.socket(socket.AF_UNIX)
                agent.connect(self.agent)
                self.start(self.forward, client, agent)
                self.start(self.drip, agent, client)

    def forward(self, client, agent):
        with contextlib.suppress(OSError):
            while octets := client.recv(65536):
                agent.sendall(octets)
        with contextlib.suppress(OSError):
            agent.shutdown(socket.SHUT_RDWR)

    def drip(self, agent, client):
        with agent, client, contextlib.suppress(OSError):
            while not self.ended.is_set():
                octets, descriptors, _, _ = socket.recv_fds(agent, 65536, 4)
                if not octets:
                    break
                for i in range(len(octets)):
                    socket.send_fds(client, [octets[i:i + 1]], descriptors if i == 0 else [])
                    if self.pause:
                        self.ended.wait(self.pause)
                for descriptor in descriptors:
                    os.close(descriptor)

    def close(self):
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join()


class Trouble(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.host = licensed_host(s)
        cls.vendor = cls.host.vendor
        cls.program = LIBRARY.driver(s.path('driver'))

    def setUp(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)

    def test_the_agent_of_another_vendor_takes_its_place_and_takes_nothing_away(self):
        other = self.stage.vendor('other')
        other.add_product()
        impostor = self.stage.licensed_host(other)
        impostor.socket = self.host.socket
        self.addCleanup(lambda: impostor.agent and impostor.kill_agent())
        driver = Driver(self)
        self.assertEqual(driver('acquire users 2'), 'ok active')
        self.host.kill_agent()
        impostor.start_agent()
        for command in ('limit users', 'acquire users 1', 'consume pages 1', 'key content'):
            self.assertEqual(driver(command), 'other_vendor path.anchor', command)
        while driver('agent') != 'other_vendor path.anchor':  # it is looked for when the page stands still
            self.assertEqual(driver('check export'), 'ok active')
        impostor.kill_agent()
        self.host.start_agent()
        self.assertEqual(driver('limit users'), 'ok 2 2 2')
        while driver('agent') != 'ok ':
            self.assertEqual(driver('check export'), 'ok active')

    def test_an_agent_that_is_stopped_costs_a_call_its_timeout_and_checks_nothing(self):
        driver = Driver(self, 2000)
        self.assertEqual(driver('acquire users 1'), 'ok active')
        self.host.agent.send_signal(signal.SIGSTOP)
        for command in ('limit users', 'consume pages 1', 'key content'):
            self.assertEqual(driver(command), 'timeout agent.timeout', command)
        self.assertEqual(driver('check export'), 'ok active')
        self.assertEqual(Driver(self, 100).opened, 'timeout agent.timeout')
        self.host.agent.send_signal(signal.SIGCONT)
        while (figures := driver('limit users')) == 'timeout agent.timeout':
            pass
        self.assertRegex(figures, r'^ok 2 [12] 1$')  # the connection that was given up may not be closed yet

    def test_answers_that_come_octet_by_octet_are_put_together(self):
        self.forwarded()
        driver = Driver(self)
        for command, answer in (('check export', 'ok active'), ('acquire users 2', 'ok active'), ('limit users', 'ok 2 2 2')):
            self.assertEqual(driver(command), answer, command)
        self.assertRegex(driver('key content'), '^ok [0-9a-f]{64}$')

    def test_answers_that_drip_for_longer_than_the_timeout_are_given_up(self):
        self.forwarded(pause=0.1)
        self.assertEqual(Driver(self, 1000).opened, 'timeout agent.timeout')

    @unittest.skipUnless(os.geteuid() == 0, 'needs root, to become somebody else')
    def test_a_socket_of_another_group_is_named(self):
        for directory in (self.stage.dir, self.host.dir):
            directory.chmod(0o755)
        program = self.stage.path('roots.pem')
        program.write_bytes(self.vendor.roots.read_bytes())
        driver = Driver(self, roots=program, prefix=['setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'])
        self.assertEqual(driver.opened, 'no_agent agent.forbidden')

    def forwarded(self, pause=0):
        """From now on the driver reaches the agent through somebody who drips."""
        agent, self.host.socket = self.host.socket, self.host.dir / f'{self._testMethodName[-8:]}.sock'
        self.addCleanup(setattr, self.host, 'socket', agent)
        dripping = Dripping(self.host.socket, agent, pause)
        self.addCleanup(dripping.close)
        self.addCleanup(self.host.kill_agent)  # before: it ends what is forwarded


if __name__ == '__main__':
    unittest.main(verbosity=2)
