#!/usr/bin/env python3
"""usage: ceremony_test.py BINARIES - a key ceremony that needs two of three operators, and a rotation under the same quorum."""
import base64, json, subprocess, sys, unittest
from stage import Stage

BINARIES = sys.argv.pop(1)
OPERATORS = ('anna', 'bert', 'carl')


class Ceremony(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        for name in OPERATORS:
            key = s.path(name + '.pem')
            subprocess.run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key], check=True,
                           capture_output=True)
            key.chmod(0o600)
        cls.dir = s.path('vendor')
        done = s.run('holdfast-signer', 'ceremony', '--vendor', 'Acme', '--dir', cls.dir, '--print-plan')
        assert done.code == 0, done.text
        plan = json.loads(done.out)
        plan['quorum'] = {'needed': 2, 'operators': [{'name': n, 'key': cls.public_key(n)} for n in OPERATORS]}
        cls.plan = s.path('plan.json')
        cls.plan.write_text(json.dumps(plan, indent=2))

    @classmethod
    def public_key(cls, name):
        der = subprocess.run(['openssl', 'pkey', '-in', cls.stage.path(name + '.pem'), '-pubout', '-outform', 'DER'], check=True,
                             capture_output=True).stdout
        return base64.b64encode(der).decode()

    def approve(self, plan, name, out, key=None):
        done = self.stage.run('holdfast-vendor', 'approve', plan, '--key', self.stage.path((key or name) + '.pem'), '--operator', name, '-o',
                              self.stage.path(out))
        self.assertEqual(done.code, 0, done.text)
        return self.stage.path(out)

    def vendor(self, *command, approvals, plan):
        given = [x for a in approvals for x in ('--approval', a)]
        return self.stage.run('holdfast-vendor', *command, '--dir', self.dir, '--plan', plan, *given)

    def refused(self, done, check):
        self.assertEqual(done.code, 1, done.text)
        self.assertIn(f'({check})', done.err)

    def test_two_of_three_make_a_signer_and_later_rotate_it(self):
        a, b = self.approve(self.plan, 'anna', 'a'), self.approve(self.plan, 'bert', 'b')
        forged = self.approve(self.plan, 'carl', 'forged', key='anna')
        changed = self.stage.path('changed.json')
        changed.write_text(self.plan.read_text().replace('7300d', '7000d'))

        self.refused(self.vendor('init', approvals=[a], plan=self.plan), 'approval.quorum')
        self.refused(self.vendor('init', approvals=[a, a], plan=self.plan), 'approval.twice')
        self.refused(self.vendor('init', approvals=[a, b], plan=changed), 'approval.plan')
        self.assertEqual(self.vendor('init', approvals=[a, forged], plan=self.plan).code, 1)
        self.assertFalse((self.dir / 'roots.pem').exists(), 'nothing was made')

        done = self.vendor('init', approvals=[a, b], plan=self.plan)
        self.assertEqual(done.code, 0, done.text)
        transcript = next((self.dir / 'transcripts').glob('*.txt')).read_text()
        for text in ('2 approvals were needed', 'anna', 'bert'):
            self.assertIn(text, transcript)
        self.assertNotIn('carl  (SHA-256', transcript)

        done = self.stage.run('holdfast-vendor', 'issuer', 'rotate', '--line', 'default', '--dir', self.dir)
        self.refused(done, 'approval.quorum')
        done = self.stage.run('holdfast-signer', 'rotate', '--config', self.dir / 'signer.conf', '--line', 'default', '--print-plan')
        self.assertEqual(done.code, 0, done.text)
        rotation = self.stage.path('rotation.json')
        rotation.write_text(done.out)
        approvals = [self.approve(rotation, 'bert', 'rb'), self.approve(rotation, 'carl', 'rc')]
        done = self.vendor('issuer', 'rotate', '--line', 'other', approvals=approvals, plan=rotation)
        self.assertEqual(done.code, 2, done.text)
        self.assertIn('(usage.plan)', done.err)
        done = self.vendor('issuer', 'rotate', approvals=approvals, plan=rotation)
        self.assertEqual(done.code, 0, done.text)
        listed = self.stage.run('holdfast-vendor', 'issuer', 'list', '--dir', self.dir, '--json').json()
        self.assertEqual(len(listed['issuers']), 2, listed)
        audit = self.stage.run('holdfast-vendor', 'export', '--dir', self.dir).json()['audit']
        self.assertEqual([r['subject'] for r in audit if r['action'] == 'issuer.rotate'], ['default'], "the plan's line")

        done = self.stage.run('holdfast-signer', 'root-crl', '--config', self.dir / 'signer.conf', '--revoke', 'default:1', '--print-plan')
        revocation = self.stage.path('revocation.json')
        revocation.write_text(done.out)
        approvals = [self.approve(revocation, 'anna', 'va'), self.approve(revocation, 'carl', 'vc')]
        done = self.vendor('issuer', 'revoke', approvals=approvals, plan=revocation)
        self.assertEqual(done.code, 0, done.text)

        # What was approved for this signer is of no use for another one of the same operators.
        other = self.stage.path('other')
        done = self.stage.run('holdfast-signer', 'ceremony', '--dir', other, '--plan', self.plan, '--approval', a, '--approval', b)
        self.assertEqual(done.code, 0, done.text)
        given = [x for approval in approvals for x in ('--approval', approval)]
        done = self.stage.run('holdfast-signer', 'root-crl', '--config', other / 'signer.conf', '--plan', revocation, *given)
        self.refused(done, 'change.root')


if __name__ == '__main__':
    unittest.main(verbosity=2)
