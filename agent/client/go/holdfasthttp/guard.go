// Package holdfasthttp guards handlers of net/http by what a license grants.
//
//	guard := holdfasthttp.Guard{Client: client}
//	mux.Handle("/export", guard.RequireFeature("export")(exportHandler))
//
// Guard what makes something new. What shows, saves or hands out the users' own data has no guard: nobody is locked out of his work by a license.
package holdfasthttp

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"

	"holdfast.example/holdfast"
)

// Guard makes middleware of a client. The zero Refuse is Problem.
type Guard struct {
	Client *holdfast.Client
	Refuse func(w http.ResponseWriter, r *http.Request, err error) // a *holdfast.DeniedError, or why the agent could not be asked
}

// Middleware stands before a handler.
type Middleware = func(http.Handler) http.Handler

// RequireLicense lets requests through while a license grants an edition, be it the fallback edition.
func (g Guard) RequireLicense() Middleware {
	return g.before(func(*http.Request) (holdfast.Verdict, error) {
		status, err := g.Client.Status()
		if err != nil {
			return holdfast.Verdict{}, err
		}
		verdict := holdfast.Verdict{Allowed: status.Grants(), Reason: reason(status)}
		if !verdict.Allowed {
			err = &holdfast.DeniedError{What: "anything", Reason: verdict.Reason}
		}
		return verdict, err
	})
}

// RequireFeature lets requests through while the feature is granted.
func (g Guard) RequireFeature(feature string) Middleware {
	return g.before(func(*http.Request) (holdfast.Verdict, error) {
		verdict := g.Client.Check(feature)
		return verdict, verdict.Err()
	})
}

// UsageLimit uses up units of a meter before each request. They do not come back, whatever becomes of the request.
func (g Guard) UsageLimit(meter string, units int64) Middleware {
	return g.before(func(r *http.Request) (holdfast.Verdict, error) {
		return g.Client.Consume(r.Context(), meter, units)
	})
}

type verdictKey struct{}

// VerdictOf is what the innermost guard of this request said; its reason may be one to show. False: there was none.
func VerdictOf(r *http.Request) (holdfast.Verdict, bool) {
	verdict, ok := r.Context().Value(verdictKey{}).(holdfast.Verdict)
	return verdict, ok
}

func (g Guard) before(ask func(*http.Request) (holdfast.Verdict, error)) Middleware {
	refuse := g.Refuse
	if refuse == nil {
		refuse = Problem
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			verdict, err := ask(r)
			if err != nil {
				refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), verdictKey{}, verdict)))
		})
	}
}

func reason(status holdfast.Status) holdfast.Reason {
	if len(status.Reasons) == 0 {
		return holdfast.ReasonOther
	}
	return status.Reasons[0]
}

const retryAfter = "30" // seconds

// All others: 403.
var statusOfReason = map[holdfast.Reason]int{
	holdfast.ReasonExpired:             http.StatusPaymentRequired,
	holdfast.ReasonOfflineTooLong:      http.StatusPaymentRequired,
	holdfast.ReasonNoLicense:           http.StatusPaymentRequired,
	holdfast.ReasonFallbackEdition:     http.StatusPaymentRequired,
	holdfast.ReasonFeatureNotGranted:   http.StatusPaymentRequired,
	holdfast.ReasonKeyNotGranted:       http.StatusPaymentRequired,
	holdfast.ReasonLimitReached:        http.StatusTooManyRequests,
	holdfast.ReasonAgentGone:           http.StatusServiceUnavailable,
	holdfast.ReasonAgentUnproven:       http.StatusServiceUnavailable,
	holdfast.ReasonHardwareUnavailable: http.StatusServiceUnavailable,
}

type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Reason string `json:"reason"`
	Advice string `json:"advice"`
}

func problemOf(err error) problem {
	var denied *holdfast.DeniedError
	if errors.As(err, &denied) {
		status, known := statusOfReason[denied.Reason]
		if !known {
			status = http.StatusForbidden
		}
		return problem{http.StatusText(status), status, "the license does not grant " + denied.What, denied.Reason.String(), denied.Reason.Advice()}
	}
	code := holdfast.ErrInternal
	var failed *holdfast.Error
	if errors.As(err, &failed) {
		code = failed.Code
	} else if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		code = holdfast.ErrTimeout
	}
	if code > holdfast.ErrNoMemory || code <= -30 { // the header keeps mistakes and defects apart from what may pass by their tens
		const status = http.StatusInternalServerError
		return problem{http.StatusText(status), status, "the license could not be asked about", code.Error(), ""}
	}
	const status = http.StatusServiceUnavailable
	return problem{http.StatusText(status), status, "the license cannot be asked about now", code.Error(), "try again a little later"}
}

// StatusOf is the status that answers a denial or an error, by the table of docs/application.md of Holdfast, "In web applications".
func StatusOf(err error) int { return problemOf(err).Status }

// Problem answers with application/problem+json (RFC 9457) and the status of StatusOf. What an error says is for administrators, so it goes to the log.
// Where seats are taken, set Retry-After before: it cannot see that it was no meter.
func Problem(w http.ResponseWriter, _ *http.Request, err error) {
	body := problemOf(err)
	if failed := (*holdfast.Error)(nil); errors.As(err, &failed) {
		log.Print(failed)
	}
	if body.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(body.Status)
	_ = json.NewEncoder(w).Encode(body) // who hung up misses it
}
