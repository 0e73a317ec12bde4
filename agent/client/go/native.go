package holdfast

// #cgo CFLAGS: -std=gnu11
// #cgo !holdfast_fake pkg-config: holdfast
// #cgo holdfast_fake LDFLAGS: -lholdfast-fake
// #include <errno.h>
// #include <holdfast.h>
// #include <poll.h>
// #include <stdlib.h>
// #include <string.h>
// #include <sys/eventfd.h>
// #include <unistd.h>
//
// enum { NAME_SIZE = 64 }; /* the longest of holdfast.h */
//
// /* What a call came to. `error` is there of an error, and for free. It is fetched in the same call from Go as what failed, so on the
//  * same thread: holdfast_last_error is a thread's own, and a goroutine has none. */
// typedef struct answer {
//   int code;
//   int reason;
//   int64_t value;
//   holdfast_error* error;
// } answer;
//
// static answer answered(int code, holdfast_reason reason, int64_t value) {
//   answer a = {code, (int)reason, value, NULL};
//   if (code >= 0) return a;
//   a.error = calloc(1, sizeof *a.error);
//   if (a.error == NULL) return a;
//   a.error->size = sizeof *a.error;
//   holdfast_last_error(a.error);
//   return a;
// }
//
// /* A Go string with a zero octet, without an allocation. What is longer than any name stays longer, so it is none. */
// static const char* named(_GoString_ text, char name[NAME_SIZE + 2]) {
//   size_t size = _GoStringLen(text);
//   if (size > NAME_SIZE + 1) size = NAME_SIZE + 1;
//   if (size > 0) memcpy(name, _GoStringPtr(text), size);
//   name[size] = '\0';
//   return name;
// }
//
// static holdfast_handle* of(uintptr_t handle) { return (holdfast_handle*)handle; }
//
// static answer hf_open(const char* product, const char* roots, const char* socket, uint32_t timeout, uint32_t flags, uintptr_t* handle) {
//   holdfast_options options = {sizeof options, product, roots, socket, timeout, flags};
//   holdfast_handle* opened = NULL;
//   int code = holdfast_open(&options, &opened);
//   *handle = (uintptr_t)opened;
//   return answered(code, HOLDFAST_REASON_OTHER, 0);
// }
// static answer hf_check(uintptr_t handle, _GoString_ feature) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   int code = holdfast_check(of(handle), named(feature, name), &reason);
//   return answered(code, reason, 0);
// }
// static answer hf_integer(uintptr_t handle, _GoString_ feature) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   int64_t value = 0;
//   int code = holdfast_integer(of(handle), named(feature, name), &value, &reason);
//   return answered(code, reason, value);
// }
// static answer hf_text(uintptr_t handle, _GoString_ feature, char* buffer, size_t capacity) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   size_t length = 0;
//   int code = holdfast_text(of(handle), named(feature, name), buffer, capacity, &length, &reason);
//   return answered(code, reason, (int64_t)length);
// }
// static answer hf_acquire(uintptr_t handle, _GoString_ limit, int64_t amount) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   int code = holdfast_acquire(of(handle), named(limit, name), amount, &reason);
//   return answered(code, reason, 0);
// }
// static answer hf_release(uintptr_t handle, _GoString_ limit, int64_t amount) {
//   char name[NAME_SIZE + 2];
//   return answered(holdfast_release(of(handle), named(limit, name), amount), HOLDFAST_REASON_OTHER, 0);
// }
// static answer hf_set(uintptr_t handle, _GoString_ limit, int64_t amount) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   int code = holdfast_set(of(handle), named(limit, name), amount, &reason);
//   return answered(code, reason, 0);
// }
// static answer hf_consume(uintptr_t handle, _GoString_ meter, int64_t amount) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   int code = holdfast_consume(of(handle), named(meter, name), amount, &reason);
//   return answered(code, reason, 0);
// }
// static answer hf_limit(uintptr_t handle, _GoString_ limit, holdfast_limit* status) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   int code;
//   status->size = sizeof *status;
//   code = holdfast_limit_status(of(handle), named(limit, name), status, &reason);
//   return answered(code, reason, 0);
// }
// static answer hf_key(uintptr_t handle, _GoString_ key, uint8_t* octets) {
//   char name[NAME_SIZE + 2];
//   holdfast_reason reason = HOLDFAST_REASON_OTHER;
//   int code = holdfast_key(of(handle), named(key, name), octets, &reason);
//   return answered(code, reason, 0);
// }
// static answer hf_status(uintptr_t handle, holdfast_status* status) {
//   status->size = sizeof *status;
//   return answered(holdfast_get_status(of(handle), status), HOLDFAST_REASON_OTHER, 0);
// }
// static answer hf_status_json(uintptr_t handle, char* buffer, size_t capacity) {
//   size_t length = 0;
//   int code = holdfast_status_json(of(handle), buffer, capacity, &length);
//   return answered(code, HOLDFAST_REASON_OTHER, (int64_t)length);
// }
// static answer hf_fd(uintptr_t handle) {
//   int fd = -1;
//   int code = holdfast_fd(of(handle), &fd);
//   return answered(code, HOLDFAST_REASON_OTHER, fd);
// }
// static answer hf_drain(uintptr_t handle) {
//   int changed = 0;
//   int code = holdfast_drain(of(handle), &changed);
//   return answered(code, HOLDFAST_REASON_OTHER, changed);
// }
// static answer hf_agent_error(uintptr_t handle) {
//   holdfast_error error = {.size = sizeof error};
//   answer a = answered(holdfast_agent_error(of(handle), &error), HOLDFAST_REASON_OTHER, 0);
//   if (a.code < 0 || error.code == HOLDFAST_OK) return a;
//   a.error = malloc(sizeof error);
//   if (a.error == NULL) return (answer){HOLDFAST_NO_MEMORY, HOLDFAST_REASON_OTHER, 0, NULL};
//   *a.error = error;
//   return a;
// }
//
// static void hf_close(uintptr_t handle) { holdfast_close(of(handle)); }
// static int hf_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
// static void hf_wake(int fd) {
//   const uint64_t one = 1;
//   ssize_t written = write(fd, &one, sizeof one);
//   (void)written; /* what cannot be added to is readable already */
// }
// /* Waits until one of the two is readable; the runtime's own signals interrupt it. */
// static void hf_poll(int fd, int wake) {
//   struct pollfd polled[2] = {{.fd = fd, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
//   while (poll(polled, 2, -1) < 0 && errno == EINTR) {}
// }
import "C"

import "unsafe"

// The functions of holdfast.h as Go has them: an answer for each, nothing of C beyond this file. The handle is only used between enter and leave of core.

// A number and no pointer: pointers cost an allocation in each call.
type handle = C.uintptr_t

// answer is what a call came to: code 0, 1 (denied, with a reason) or negative (with an error).
type answer struct {
	code   int
	reason Reason
	value  int64
	err    *Error
}

func fromC(a C.answer) answer {
	came := answer{int(a.code), Reason(a.reason), int64(a.value), nil}
	if a.code < 0 || a.error != nil {
		came.err = errorOf(Code(a.code), a.error)
	}
	return came
}

// errorOf takes and frees the details, which are missing when there was no memory for them.
func errorOf(code Code, details *C.holdfast_error) *Error {
	if details == nil {
		return &Error{Code: code, Check: "host.memory", Message: "no memory for the details of an error"}
	}
	defer C.free(unsafe.Pointer(details))
	return &Error{Code(details.code), C.GoString(&details.check[0]), C.GoString(&details.message[0]), C.GoString(&details.advice[0])}
}

func nativeOpen(o Options, timeoutMillis uint32) (handle, answer) {
	product, roots := C.CString(o.Product), C.CString(o.Roots)
	defer C.free(unsafe.Pointer(product))
	defer C.free(unsafe.Pointer(roots))
	var socket *C.char
	if o.Socket != "" {
		socket = C.CString(o.Socket)
		defer C.free(unsafe.Pointer(socket))
	}
	var flags C.uint32_t
	if o.Anyway {
		flags = C.HOLDFAST_OPEN_ANYWAY
	}
	var h handle
	a := fromC(C.hf_open(product, roots, socket, C.uint32_t(timeoutMillis), flags, &h))
	return h, a
}

func nativeClose(h handle)                        { C.hf_close(h) }
func nativeCheck(h handle, feature string) answer { return fromC(C.hf_check(h, feature)) }
func nativeInteger(h handle, feature string) answer {
	return fromC(C.hf_integer(h, feature))
}

func nativeText(h handle, feature string) (string, answer) {
	var buffer [257]C.char // the longest of holdfast.h
	a := fromC(C.hf_text(h, feature, &buffer[0], C.size_t(len(buffer))))
	if a.code != 0 {
		return "", a
	}
	return C.GoStringN(&buffer[0], C.int(a.value)), a
}

func nativeAcquire(h handle, limit string, amount int64) answer {
	return fromC(C.hf_acquire(h, limit, C.int64_t(amount)))
}

func nativeRelease(h handle, limit string, amount int64) answer {
	return fromC(C.hf_release(h, limit, C.int64_t(amount)))
}

func nativeSet(h handle, limit string, amount int64) answer {
	return fromC(C.hf_set(h, limit, C.int64_t(amount)))
}

func nativeConsume(h handle, meter string, amount int64) answer {
	return fromC(C.hf_consume(h, meter, C.int64_t(amount)))
}

func nativeLimit(h handle, limit string) (Limit, answer) {
	var status C.holdfast_limit
	a := fromC(C.hf_limit(h, limit, &status))
	return Limit{Max: int64(status.max), Used: int64(status.used), Held: int64(status.held)}, a
}

func nativeKey(h handle, name string, key []byte) answer {
	return fromC(C.hf_key(h, name, (*C.uint8_t)(unsafe.Pointer(&key[0]))))
}

func nativeStatus(h handle) (Status, answer) {
	var c C.holdfast_status
	a := fromC(C.hf_status(h, &c))
	if a.code != 0 {
		return Status{}, a
	}
	status := Status{State: State(c.state), Edition: C.GoString(&c.edition[0])}
	for _, reason := range c.reasons[:c.reason_count] {
		status.Reasons = append(status.Reasons, Reason(reason))
	}
	if c.has_expiry != 0 {
		status.expiresAt(int64(c.expires), int64(c.days_left))
	}
	return status, a
}

func nativeStatusJSON(h handle) ([]byte, answer) {
	size := 4096
	for {
		buffer := make([]byte, size)
		a := fromC(C.hf_status_json(h, (*C.char)(unsafe.Pointer(&buffer[0])), C.size_t(size)))
		if a.code == C.HOLDFAST_BUFFER_TOO_SMALL {
			size = int(a.value) + 1 // and again, because it may have grown meanwhile
			continue
		}
		if a.code != 0 {
			return nil, a
		}
		return buffer[:a.value], a
	}
}

func nativeFD(h handle) answer         { return fromC(C.hf_fd(h)) }
func nativeDrain(h handle) answer      { return fromC(C.hf_drain(h)) }
func nativeAgentError(h handle) answer { return fromC(C.hf_agent_error(h)) }
func nativeEventFD() int               { return int(C.hf_eventfd()) }
func nativeWake(fd int)                { C.hf_wake(C.int(fd)) }
func nativePoll(fd, wake int)          { C.hf_poll(C.int(fd), C.int(wake)) }
func nativeCloseFD(fd int)             { C.close(C.int(fd)) }

func nameOfResult(code int) string { return C.GoString(C.holdfast_result_name(C.int(code))) }
func nameOfReason(reason int32) string {
	return C.GoString(C.holdfast_reason_name(C.holdfast_reason(reason)))
}
func adviceOf(reason int32) string {
	return C.GoString(C.holdfast_reason_advice(C.holdfast_reason(reason)))
}
func nameOfState(state int32) string {
	return C.GoString(C.holdfast_state_name(C.holdfast_state(state)))
}

// Version is the native library's.
func Version() string { return C.GoString(C.holdfast_version()) }
