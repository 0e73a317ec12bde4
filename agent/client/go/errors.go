package holdfast

import "fmt"

// Code says which error, for errors.Is: errors.Is(err, holdfast.ErrNoAgent). The numbers are those of holdfast.h.
type Code int

const (
	// ErrDenied is no failure: everything is genuine, and the license says no. It comes as *DeniedError.
	ErrDenied Code = 1

	// The application's own mistakes.
	ErrInvalidArgument Code = -1 // a wrong name, amount, timeout or options, roots that are none
	ErrBufferTooSmall  Code = -2
	ErrWrongType       Code = -3 // the feature's value is not of the kind that was asked for
	ErrClosed          Code = -4
	ErrForked          Code = -5

	// The host's troubles: trying again later may help.
	ErrNoMemory Code = -10
	ErrSystem   Code = -11 // no descriptors, no /proc and the like
	ErrNoAgent  Code = -12 // nobody listens, the socket may not be opened, or the agent went away
	ErrTimeout  Code = -13
	ErrRefused  Code = -14 // the agent's answer is an error: too many connections, the TPM is busy
	ErrUnproven Code = -15 // the agent cannot vouch: unproven hardware, a revoked license, or none at all

	// Who answers is not the agent of this host with a license of this vendor: log it, with the check.
	ErrAgentInvalid  Code = -20
	ErrAgentFake     Code = -21
	ErrAgentReplayed Code = -22
	ErrOtherVendor   Code = -23
	ErrOtherHost     Code = -24
	ErrAgentAltered  Code = -25

	ErrInternal Code = -99 // a defect of the library
)

// Error is the code's name: no_agent.
func (c Code) Error() string {
	if c == ErrDenied {
		return "denied"
	}
	return nameOfResult(int(c))
}

// Error is a call that failed. It is no denial.
type Error struct {
	Code    Code
	Check   string // stable name of what failed, such as path.anchor; for logs and for support
	Message string // what happened
	Advice  string // what to do about it; may be empty
}

func (e *Error) Error() string {
	text := fmt.Sprintf("holdfast: %s (%s, %s)", e.Message, e.Code.Error(), e.Check)
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

// Unwrap makes errors.Is find the Code.
func (e *Error) Unwrap() error { return e.Code }

// DeniedError is a denial where an error is expected.
type DeniedError struct {
	What   string // the feature, limit or key
	Reason Reason
}

func (e *DeniedError) Error() string {
	return fmt.Sprintf("holdfast: the license does not grant %q (%s): %s", e.What, e.Reason, e.Reason.Advice())
}

// Unwrap makes errors.Is find ErrDenied.
func (e *DeniedError) Unwrap() error { return ErrDenied }

func misuse(check, message, advice string) *Error {
	return &Error{ErrInvalidArgument, check, message, advice}
}

func closed() *Error {
	return &Error{ErrClosed, "argument.closed", "the client was closed", "open another one"}
}
