package holdfast

import "runtime"

// Verdict is what the license says about one question.
type Verdict struct {
	Allowed bool   // decide by this
	Reason  Reason // tell people this, also when it is allowed; ReasonActive: there is nothing to say
	what    string
	err     error // why nobody could be asked
}

// Advice is what the administrator does about it; may be empty.
func (v Verdict) Advice() string { return v.Reason.Advice() }

// Err is nil when it is allowed, a *DeniedError when it is denied, and an *Error when nobody could be asked: a name that is none, or a closed client.
func (v Verdict) Err() error {
	switch {
	case v.err != nil:
		return v.err
	case !v.Allowed:
		return &DeniedError{v.what, v.Reason}
	}
	return nil
}

func verdictOf(what string, a answer) Verdict {
	verdict := Verdict{Allowed: a.code == 0, Reason: a.reason, what: what}
	if a.err != nil {
		verdict.err = a.err
	}
	return verdict
}

// Check says whether a feature is granted. It takes tens of nanoseconds as long as nothing has changed; so check where the work is done, and keep no result.
func (c *Client) Check(feature string) Verdict {
	if err := checkName(feature); err != nil {
		return verdictOf(feature, failed(err))
	}
	if !c.core.enter() {
		return verdictOf(feature, failed(closed()))
	}
	a := nativeCheck(c.core.handle, feature)
	c.core.leave()
	runtime.KeepAlive(c)
	return verdictOf(feature, a)
}

// Integer is a feature's value; otherwise, which is what everybody has, where it is denied. Its error is ErrWrongType, or that of a name that is none or a closed client, and the
// number is otherwise then, too.
func (c *Client) Integer(feature string, otherwise int64) (int64, error) {
	if err := checkName(feature); err != nil {
		return otherwise, err
	}
	a := c.with(func(h handle) answer { return nativeInteger(h, feature) })
	if a.err != nil {
		return otherwise, a.err
	}
	if a.code != 0 {
		return otherwise, nil
	}
	return a.value, nil
}

// Text is the same of a text.
func (c *Client) Text(feature, otherwise string) (string, error) {
	if err := checkName(feature); err != nil {
		return otherwise, err
	}
	text := otherwise
	a := c.with(func(h handle) answer {
		value, a := nativeText(h, feature)
		if a.code == 0 {
			text = value
		}
		return a
	})
	if a.err != nil {
		return otherwise, a.err
	}
	return text, nil
}
