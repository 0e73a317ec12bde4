// Package holdfast asks the Holdfast agent of this host what a license grants: software licensing bound to hardware, through libholdfast.
//
//	client, err := holdfast.Open(holdfast.Options{Product: "acme-cad", Roots: roots, Anyway: true})
//	...
//	defer client.Close()
//	if verdict := client.Check("export"); verdict.Allowed {
//		export(drawing)
//	}
//
// A Client serves all goroutines at the same time. Checks, values and status are answered from memory. Limits and keys are questions to the agent: see Acquire for what a
// context does to them. Names are those of the license's terms; one of more than 64 octets, with a zero octet or that is not UTF-8 is ErrInvalidArgument.
package holdfast

import (
	"runtime"
	"strings"
	"time"
	"unicode/utf8"
)

// Options of Open.
type Options struct {
	Product string        // the product's id, as the vendor named it
	Roots   string        // the text of the vendor's roots.pem, compiled in (go:embed), never a file that the user can write
	Socket  string        // the agent's; empty: /run/holdfast/agent.sock
	Timeout time.Duration // no call takes longer, to the millisecond; 0: 2 seconds. What uses the TPM (Key) may need some seconds
	Anyway  bool          // open also without an agent that is believed: checks are denied, ReasonAgentGone, until there is one
}

// Client is what the agent says about one product.
type Client struct {
	core *core
}

const (
	longestName    = 64
	usualTimeout   = 2 * time.Second
	longestTimeout = 24 * time.Hour
)

// Open asks the agent for its proof and for what the license grants. Keep the client: opening takes milliseconds, a check does not. A client that is forgotten
// is closed when the garbage collector finds it.
func Open(o Options) (*Client, error) {
	for _, text := range []struct{ what, text string }{{"product", o.Product}, {"roots", o.Roots}, {"socket", o.Socket}} {
		if err := checkText(text.what, text.text); err != nil {
			return nil, err
		}
	}
	if o.Timeout < 0 || o.Timeout > longestTimeout {
		return nil, misuse("argument.timeout", "a timeout of "+o.Timeout.String(), "say one of at most a day")
	}
	if o.Timeout == 0 {
		o.Timeout = usualTimeout
	}
	h, a := nativeOpen(o, uint32((o.Timeout+time.Millisecond-1)/time.Millisecond))
	if a.err != nil {
		return nil, a.err
	}
	client := &Client{&core{handle: h, turn: make(chan struct{}, 1), timeout: o.Timeout}}
	runtime.SetFinalizer(client, (*Client).Close)
	return client, nil
}

// Close gives back what is held. Calls of other goroutines end as they would have, and the channels of Changes are closed. It returns nil.
func (c *Client) Close() error {
	runtime.SetFinalizer(c, nil)
	c.core.close()
	return nil
}

// with makes a call that asks nobody.
func (c *Client) with(call func(h handle) answer) answer {
	if !c.core.enter() {
		return failed(closed())
	}
	defer runtime.KeepAlive(c)
	defer c.core.leave()
	return call(c.core.handle)
}

func failed(err *Error) answer { return answer{code: int(err.Code), err: err} }

func checkText(what, text string) *Error {
	switch {
	case strings.IndexByte(text, 0) >= 0:
		return misuse("argument."+what, "the "+what+" has a zero octet", "give it without")
	case !utf8.ValidString(text):
		return misuse("argument."+what, "the "+what+" is not UTF-8", "give it in UTF-8")
	}
	return nil
}

func checkName(name string) *Error {
	if len(name) > longestName {
		return misuse("argument.name", "the name is longer than any", "names have at most 64 octets")
	}
	return checkText("name", name)
}
