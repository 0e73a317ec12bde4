// The checks of an appraisal, one function each, grouped by what they look at. Each is called once, in the
// order of the table in appraisal.cc, and may rely on all before it.
#pragma once

#include "signer/server/verifier/case.h"

namespace holdfast::verifier {

// The request as a message.
Status RequestProduct(Case& c);
Status RequestSignature(Case& c);
Status RequestPossession(Case& c);
Status RequestQualifyingData(Case& c);

// The EK: is it of a genuine TPM, and of which?
Status EkTemplate(Case& c);
Status EkPublicKey(Case& c);
Status EkRoca(Case& c);
Status EkCertificate(Case& c);
Status EkKeyMatch(Case& c);
Status EkSimulator(Case& c);
Status EkAssurance(Case& c);
Status EkManufacturer(Case& c);
Status EkFirmware(Case& c);

// The AK: does it sign nothing but what its TPM says?
Status AkTemplate(Case& c);
Status AkPublicKey(Case& c);
Status AkQualifiedSigner(Case& c);

// What the attestations have in common.
Status AttestSignature(Case& c, Slot slot);
Status AttestType(Case& c, Slot slot);
Status AttestClock(Case& c);
Status AttestFirmware(Case& c);

// The license key: does it live in this TPM, usable only while the gate stands?
Status KeyPublicKey(Case& c);
Status SrkTemplate(Case& c);
Status KeyTemplate(Case& c);
Status CertifyName(Case& c);
Status CertifyQualifiedName(Case& c);
Status KeyPolicy(Case& c);

Status GateIndexOfProduct(Case& c);
Status GatePublicArea(Case& c);
Status GateName(Case& c);
Status GateContents(Case& c);

// The counter of the agent's ledger: which value will the license be pinned to?
Status CounterIndex(Case& c);
Status CounterPublicArea(Case& c);
Status CounterName(Case& c);
Status CounterContents(Case& c);
Status CounterValue(Case& c);

Status QuoteSelection(Case& c);
Status QuotePcrs(Case& c);
Status QuoteDigest(Case& c);

// The counter of a hard meter, where the request has one: each passes where it has none.
Status MeterAttest(Case& c);
Status MeterName(Case& c);
Status MeterContents(Case& c);

}  // namespace holdfast::verifier
