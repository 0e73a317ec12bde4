package holdfast

// Reason says why something is denied, or what to tell the user although it is allowed: docs/enforcement.md of Holdfast. A number that has no name
// here is of a newer library: go by allowed or denied.
type Reason int32

const (
	ReasonOther               Reason = 0
	ReasonActive              Reason = 1 // nothing to say
	ReasonTampered            Reason = 2
	ReasonRevoked             Reason = 3
	ReasonSuspended           Reason = 4
	ReasonWrongHardware       Reason = 5
	ReasonStateRollback       Reason = 6
	ReasonRetired             Reason = 7
	ReasonHardwareUnavailable Reason = 8
	ReasonNoLicense           Reason = 9
	ReasonNotYetValid         Reason = 10
	ReasonExpired             Reason = 11
	ReasonClockSetBack        Reason = 12
	ReasonOfflineTooLong      Reason = 13
	ReasonUnknownFeature      Reason = 14
	ReasonUnknownLimit        Reason = 15
	ReasonUnknownKey          Reason = 16
	ReasonFeatureNotGranted   Reason = 17
	ReasonKeyNotGranted       Reason = 18
	ReasonLimitReached        Reason = 19
	ReasonFallbackEdition     Reason = 20
	ReasonGrace               Reason = 21
	ReasonOfflineGrace        Reason = 22
	ReasonOverage             Reason = 23
	ReasonClockAhead          Reason = 24
	ReasonExpiring            Reason = 25
	ReasonEmergency           Reason = 26
	ReasonAdvisory            Reason = 27
	ReasonHeartbeatDue        Reason = 28
	ReasonRevocationStale     Reason = 29
	ReasonCallerExcluded      Reason = 30
	ReasonAgentGone           Reason = 100 // nobody that is believed has answered for longer than the license allows: AgentError says why
	ReasonAgentUnproven       Reason = 101
)

// String is the name as in `holdfast status`: limit_reached.
func (r Reason) String() string { return nameOfReason(int32(r)) }

// Advice is what the administrator does about it; may be empty.
func (r Reason) Advice() string { return adviceOf(int32(r)) }

// State is the state of the license: docs/enforcement.md of Holdfast.
type State int32

const (
	StateOther               State = 0
	StateActive              State = 1
	StateExpiring            State = 2
	StateGrace               State = 3
	StateFallback            State = 4
	StateExpired             State = 5
	StateNotYetValid         State = 6
	StateHardwareUnavailable State = 7
	StateRetired             State = 8
	StateWrongHardware       State = 9
	StateSuspended           State = 10
	StateRevoked             State = 11
	StateClockSetBack        State = 12
	StateOfflineTooLong      State = 13
	StateEmergency           State = 14
	StateStateRollback       State = 15
	StateTampered            State = 16
	StateNone                State = 17
	StateAgentGone           State = 100
	StateAgentUnproven       State = 101
)

// String is the name as in `holdfast status`: grace.
func (s State) String() string { return nameOfState(int32(s)) }
