package holdfast

import "time"

// Status is the license as the agent described it last: what to show to a user.
type Status struct {
	State    State
	Reasons  []Reason  // of the license, the most serious first
	Edition  string    // what applies now; empty: nothing
	Expires  time.Time // zero: perpetual, or nothing is granted
	DaysLeft int64     // whole days until then, negative after it
}

// Grants says whether anything is granted, be it by the fallback edition.
func (s Status) Grants() bool { return s.Edition != "" }

func (s *Status) expiresAt(seconds, daysLeft int64) {
	s.Expires = time.Unix(seconds, 0).UTC()
	s.DaysLeft = daysLeft
}

// Status asks nobody.
func (c *Client) Status() (Status, error) {
	var status Status
	a := c.with(func(h handle) (a answer) {
		status, a = nativeStatus(h)
		return a
	})
	if a.err != nil {
		return Status{}, a.err
	}
	return status, nil
}

// StatusJSON is LICENSE of docs/local-api.md of Holdfast: all that there is to show.
func (c *Client) StatusJSON() ([]byte, error) {
	var text []byte
	a := c.with(func(h handle) (a answer) {
		text, a = nativeStatusJSON(h)
		return a
	})
	if a.err != nil {
		return nil, a.err
	}
	return text, nil
}

// AgentError is why the agent was not believed or not reached when it was asked last, an *Error; it stands behind ReasonAgentGone. Nil: it was.
func (c *Client) AgentError() error {
	if a := c.with(nativeAgentError); a.err != nil {
		return a.err
	}
	return nil
}
