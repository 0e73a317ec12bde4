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

// Problem answers with application/problem+json (RFC 9457): 429 where a limit is reached, 403 for other denials, 503 where the agent could not be asked.
// The advice is for administrators, so a denial has the reason's name only.
func Problem(w http.ResponseWriter, _ *http.Request, err error) {
	body := struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Reason string `json:"reason,omitempty"`
	}{Title: "the license could not be asked; try again later", Status: http.StatusServiceUnavailable}
	var denied *holdfast.DeniedError
	if errors.As(err, &denied) {
		body.Title, body.Status, body.Reason = "the license does not grant this", http.StatusForbidden, denied.Reason.String()
		if denied.Reason == holdfast.ReasonLimitReached {
			body.Status = http.StatusTooManyRequests
		}
	} else {
		w.Header().Set("Retry-After", "2")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(body.Status)
	_ = json.NewEncoder(w).Encode(body) // who hung up misses it
}
