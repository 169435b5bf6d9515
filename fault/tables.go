package fault

import "net/http"

// ExitGate is the exit code of a command whose --fail-on condition did not hold. It is no error kind: the command did
// what it was asked.
const ExitGate = 8

// ExitCode is the process exit code for a kind.
func (k Kind) ExitCode() int {
	switch k {
	case Invalid:
		return 2
	case NotFound:
		return 3
	case Blocked:
		return 4
	case Conflict:
		return 5
	case Unavailable:
		return 6
	case Internal:
		return 1
	}
	return 1
}

// HTTPStatus is the HTTP status for a kind.
func (k Kind) HTTPStatus() int {
	switch k {
	case Invalid:
		return http.StatusBadRequest
	case NotFound:
		return http.StatusNotFound
	case Blocked:
		return http.StatusForbidden
	case Conflict:
		return http.StatusConflict
	case Unavailable:
		return http.StatusServiceUnavailable
	case Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// Retryable reports whether the same call may succeed later without a change by the caller. MCP answers carry it.
func (k Kind) Retryable() bool { return k == Unavailable || k == Conflict }
