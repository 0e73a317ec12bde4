/* The native half of io.holdfast: Native.java says what each function does. A client, in Java a long, is never used after it was closed: Handle.java
 * sees to that. Errors are thrown in the thread that made the call, because holdfast_last_error is that thread's. */
#define _GNU_SOURCE
#include <errno.h>
#include <holdfast.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "io_holdfast_Native.h"

enum { NAME_SIZE = 64, TEXT_SIZE = 256 }; /* the longest of holdfast.h */

typedef struct client {
  holdfast_handle* handle;
  int wake; /* an eventfd: readable when who waits for a change is to end */
} client;

static jclass exceptions;   /* HoldfastException */
static jmethodID exception; /* its `of` */

static client* client_of(jlong number) {
  return (client*)(intptr_t)number;
}

/* ---- octets ---- */

/* A name with its zero octet. What is longer than any name stays longer, so it is none. */
static const char* name_of(JNIEnv* env, jbyteArray octets, char name[NAME_SIZE + 2]) {
  jsize size = (*env)->GetArrayLength(env, octets);
  if (size > NAME_SIZE + 1) size = NAME_SIZE + 1;
  (*env)->GetByteArrayRegion(env, octets, 0, size, (jbyte*)name);
  name[size] = '\0';
  return name;
}

static void throw_out_of_memory(JNIEnv* env) {
  jclass error = (*env)->FindClass(env, "java/lang/OutOfMemoryError");
  if (error != NULL) (*env)->ThrowNew(env, error, "holdfast: no native memory");
}

/* For free. NULL: there is no memory, and that has been thrown. */
static char* text_of(JNIEnv* env, jbyteArray octets) {
  jsize size = (*env)->GetArrayLength(env, octets);
  char* text = malloc((size_t)size + 1);
  if (text == NULL) {
    throw_out_of_memory(env);
    return NULL;
  }
  (*env)->GetByteArrayRegion(env, octets, 0, size, (jbyte*)text);
  text[size] = '\0';
  return text;
}

/* NULL: there is no memory, and Java has thrown that. */
static jbyteArray octets_of(JNIEnv* env, const char* text, size_t length) {
  jbyteArray octets = (*env)->NewByteArray(env, (jsize)length);
  if (octets != NULL) (*env)->SetByteArrayRegion(env, octets, 0, (jsize)length, (const jbyte*)text);
  return octets;
}

static jbyteArray constant(JNIEnv* env, const char* text) {
  return octets_of(env, text, strlen(text));
}

/* ---- errors and verdicts ---- */

/* NULL: Java has thrown something else, that memory is short. */
static jobject exception_of(JNIEnv* env, const holdfast_error* error) {
  jobject made;
  jbyteArray check = constant(env, error->check);
  jbyteArray message = check == NULL ? NULL : constant(env, error->message);
  jbyteArray advice = message == NULL ? NULL : constant(env, error->advice);
  if (advice == NULL) return NULL;
  made =
      (*env)->CallStaticObjectMethod(env, exceptions, exception, (jint)error->code, check, message, advice);
  return (*env)->ExceptionCheck(env) ? NULL : made;
}

static void throw_last_error(JNIEnv* env) {
  holdfast_error error = {.size = sizeof error};
  jobject thrown;
  holdfast_last_error(&error);
  thrown = exception_of(env, &error);
  if (thrown != NULL) (*env)->Throw(env, (jthrowable)thrown);
}

static jint verdict(JNIEnv* env, int code, holdfast_reason reason) {
  if (code < 0) throw_last_error(env);
  return code == HOLDFAST_OK ? (jint)reason : ~(jint)reason;
}

/* ---- open and close ---- */

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void* reserved) {
  JNIEnv* env = NULL;
  jclass found;
  (void)reserved;
  if ((*vm)->GetEnv(vm, (void**)&env, JNI_VERSION_10) != JNI_OK) return JNI_ERR;
  found = (*env)->FindClass(env, "io/holdfast/HoldfastException");
  if (found == NULL) return JNI_ERR;
  exceptions = (*env)->NewGlobalRef(env, found);
  if (exceptions == NULL) return JNI_ERR;
  exception = (*env)->GetStaticMethodID(env, exceptions, "of", "(I[B[B[B)Lio/holdfast/HoldfastException;");
  return exception == NULL ? JNI_ERR : JNI_VERSION_10;
}

static void throw_no_descriptor(JNIEnv* env) {
  holdfast_error error = {.size = sizeof error,
                          .code = HOLDFAST_SYSTEM,
                          .check = "host.descriptors",
                          .message = "no descriptor can be made to wake who waits",
                          .advice = "raise the process's limit of open files"};
  jobject thrown = exception_of(env, &error);
  if (thrown != NULL) (*env)->Throw(env, (jthrowable)thrown);
}

static client* open_client(JNIEnv* env, const holdfast_options* options) {
  client* made = calloc(1, sizeof *made);
  if (made == NULL) {
    throw_out_of_memory(env);
    return NULL;
  }
  made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made->wake < 0) {
    throw_no_descriptor(env);
  } else if (holdfast_open(options, &made->handle) != HOLDFAST_OK) {
    throw_last_error(env);
    close(made->wake);
  } else {
    return made;
  }
  free(made);
  return NULL;
}

JNIEXPORT jlong JNICALL Java_io_holdfast_Native_open(JNIEnv* env, jclass self, jbyteArray product,
                                                     jbyteArray roots, jbyteArray socket, jint timeout,
                                                     jboolean anyway) {
  char* product_text = text_of(env, product);
  char* roots_text = product_text == NULL ? NULL : text_of(env, roots);
  char* socket_text = roots_text == NULL || socket == NULL ? NULL : text_of(env, socket);
  client* made = NULL;
  (void)self;
  if (roots_text != NULL && (socket == NULL || socket_text != NULL)) {
    holdfast_options options = {sizeof options, product_text,      roots_text,
                                socket_text,    (uint32_t)timeout, anyway ? HOLDFAST_OPEN_ANYWAY : 0};
    made = open_client(env, &options);
  }
  free(socket_text);
  free(roots_text);
  free(product_text);
  return (jlong)(intptr_t)made;
}

JNIEXPORT void JNICALL Java_io_holdfast_Native_close(JNIEnv* env, jclass self, jlong number) {
  client* closed = client_of(number);
  (void)env, (void)self;
  holdfast_close(closed->handle);
  close(closed->wake);
  free(closed);
}

/* ---- checks ---- */

JNIEXPORT jint JNICALL Java_io_holdfast_Native_check(JNIEnv* env, jclass self, jlong number,
                                                     jbyteArray feature) {
  char name[NAME_SIZE + 2];
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  int code = holdfast_check(client_of(number)->handle, name_of(env, feature, name), &reason);
  (void)self;
  return verdict(env, code, reason);
}

JNIEXPORT jlong JNICALL Java_io_holdfast_Native_integer(JNIEnv* env, jclass self, jlong number,
                                                        jbyteArray feature, jlong otherwise) {
  char name[NAME_SIZE + 2];
  int64_t value = otherwise; /* which it stays when it is denied */
  (void)self;
  if (holdfast_integer(client_of(number)->handle, name_of(env, feature, name), &value, NULL) < 0)
    throw_last_error(env);
  return value;
}

JNIEXPORT jbyteArray JNICALL Java_io_holdfast_Native_text(JNIEnv* env, jclass self, jlong number,
                                                          jbyteArray feature) {
  char name[NAME_SIZE + 2], text[TEXT_SIZE + 1];
  size_t length = 0;
  int code =
      holdfast_text(client_of(number)->handle, name_of(env, feature, name), text, sizeof text, &length, NULL);
  (void)self;
  if (code < 0) throw_last_error(env);
  return code == HOLDFAST_OK ? octets_of(env, text, length) : NULL;
}

/* ---- limits and keys ---- */

typedef int demand(holdfast_handle* handle, const char* limit, int64_t amount, holdfast_reason* reason);

static jint demanded(demand* what, JNIEnv* env, jlong number, jbyteArray limit, jlong amount) {
  char name[NAME_SIZE + 2];
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  int code = what(client_of(number)->handle, name_of(env, limit, name), amount, &reason);
  return verdict(env, code, reason);
}

JNIEXPORT jint JNICALL Java_io_holdfast_Native_acquire(JNIEnv* env, jclass self, jlong number,
                                                       jbyteArray limit, jlong amount) {
  (void)self;
  return demanded(holdfast_acquire, env, number, limit, amount);
}

JNIEXPORT void JNICALL Java_io_holdfast_Native_release(JNIEnv* env, jclass self, jlong number,
                                                       jbyteArray limit, jlong amount) {
  char name[NAME_SIZE + 2];
  (void)self;
  if (holdfast_release(client_of(number)->handle, name_of(env, limit, name), amount) < 0)
    throw_last_error(env);
}

JNIEXPORT jint JNICALL Java_io_holdfast_Native_set(JNIEnv* env, jclass self, jlong number, jbyteArray limit,
                                                   jlong amount) {
  (void)self;
  return demanded(holdfast_set, env, number, limit, amount);
}

JNIEXPORT jint JNICALL Java_io_holdfast_Native_consume(JNIEnv* env, jclass self, jlong number,
                                                       jbyteArray meter, jlong amount) {
  (void)self;
  return demanded(holdfast_consume, env, number, meter, amount);
}

JNIEXPORT jint JNICALL Java_io_holdfast_Native_limit(JNIEnv* env, jclass self, jlong number, jbyteArray limit,
                                                     jlongArray figures) {
  char name[NAME_SIZE + 2];
  holdfast_limit status = {.size = sizeof status};
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  int code = holdfast_limit_status(client_of(number)->handle, name_of(env, limit, name), &status, &reason);
  const jlong values[] = {status.max, status.used, status.held};
  (void)self;
  if (code == HOLDFAST_OK) (*env)->SetLongArrayRegion(env, figures, 0, 3, values);
  return verdict(env, code, reason);
}

JNIEXPORT jint JNICALL Java_io_holdfast_Native_key(JNIEnv* env, jclass self, jlong number,
                                                   jbyteArray name_octets, jbyteArray key) {
  char name[NAME_SIZE + 2];
  uint8_t octets[HOLDFAST_KEY_SIZE];
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  int code = holdfast_key(client_of(number)->handle, name_of(env, name_octets, name), octets, &reason);
  (void)self;
  if (code == HOLDFAST_OK) (*env)->SetByteArrayRegion(env, key, 0, HOLDFAST_KEY_SIZE, (const jbyte*)octets);
  explicit_bzero(octets, sizeof octets);
  return verdict(env, code, reason);
}

/* ---- status ---- */

JNIEXPORT jlongArray JNICALL Java_io_holdfast_Native_status(JNIEnv* env, jclass self, jlong number,
                                                            jbyteArray edition) {
  holdfast_status status = {.size = sizeof status};
  jlong figures[4 + HOLDFAST_MAX_REASONS];
  jlongArray array;
  jsize count = 4, room = (*env)->GetArrayLength(env, edition);
  (void)self;
  if (holdfast_get_status(client_of(number)->handle, &status) < 0) {
    throw_last_error(env);
    return NULL;
  }
  figures[0] = status.state;
  figures[1] = status.has_expiry;
  figures[2] = status.expires;
  figures[3] = status.days_left;
  for (uint32_t i = 0; i < status.reason_count; i++) figures[count++] = status.reasons[i];
  array = (*env)->NewLongArray(env, count);
  if (array == NULL) return NULL;
  (*env)->SetLongArrayRegion(env, array, 0, count, figures);
  if (room > (jsize)sizeof status.edition) room = sizeof status.edition;
  (*env)->SetByteArrayRegion(env, edition, 0, room, (const jbyte*)status.edition);
  return array;
}

JNIEXPORT jbyteArray JNICALL Java_io_holdfast_Native_statusJson(JNIEnv* env, jclass self, jlong number) {
  size_t capacity = 4096, length = 0;
  jbyteArray octets = NULL;
  (void)self;
  for (;;) {
    char* text = malloc(capacity);
    int code;
    if (text == NULL) {
      throw_out_of_memory(env);
      return NULL;
    }
    code = holdfast_status_json(client_of(number)->handle, text, capacity, &length);
    if (code == HOLDFAST_OK) octets = octets_of(env, text, length);
    free(text);
    if (code == HOLDFAST_OK) return octets;
    if (code != HOLDFAST_BUFFER_TOO_SMALL) {
      throw_last_error(env);
      return NULL;
    }
    capacity = length + 1; /* and again, because it may have grown meanwhile */
  }
}

/* ---- changes ---- */

static int64_t milliseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the descriptors until `end`. Returns poll's result; an interrupted system call is gone on with. */
static int poll_until(struct pollfd polled[2], int64_t end) {
  for (;;) {
    int64_t left = end - milliseconds_now();
    int ready;
    if (left < 0) left = 0;
    ready = poll(polled, 2, left > INT32_MAX ? INT32_MAX : (int)left);
    if (ready > 0 || (ready < 0 && errno != EINTR) || (ready == 0 && milliseconds_now() >= end)) return ready;
  }
}

JNIEXPORT jint JNICALL Java_io_holdfast_Native_await(JNIEnv* env, jclass self, jlong number, jlong millis) {
  const client* waiting = client_of(number);
  const int64_t now = milliseconds_now(), end = millis > INT64_MAX - now ? INT64_MAX : now + millis;
  int fd = -1, changed = 0, code = holdfast_fd(waiting->handle, &fd);
  (void)self;
  while (code == HOLDFAST_OK && !changed) {
    struct pollfd polled[2] = {{.fd = fd, .events = POLLIN}, {.fd = waiting->wake, .events = POLLIN}};
    uint64_t count;
    if (poll_until(polled, end) <= 0) return io_holdfast_Native_TIMED_OUT;
    if (polled[1].revents != 0 && read(waiting->wake, &count, sizeof count) > 0)
      return io_holdfast_Native_WOKEN;
    code = holdfast_drain(waiting->handle, &changed);
    if (code == HOLDFAST_OK && !changed && milliseconds_now() >= end) return io_holdfast_Native_TIMED_OUT;
  }
  if (code != HOLDFAST_OK) throw_last_error(env);
  return io_holdfast_Native_CHANGED;
}

JNIEXPORT void JNICALL Java_io_holdfast_Native_wake(JNIEnv* env, jclass self, jlong number) {
  const uint64_t one = 1;
  ssize_t written = write(client_of(number)->wake, &one, sizeof one);
  (void)env, (void)self, (void)written; /* what cannot be added to is readable already */
}

/* ---- errors and names ---- */

JNIEXPORT jobject JNICALL Java_io_holdfast_Native_agentError(JNIEnv* env, jclass self, jlong number) {
  holdfast_error error = {.size = sizeof error};
  (void)self;
  if (holdfast_agent_error(client_of(number)->handle, &error) != HOLDFAST_OK) {
    throw_last_error(env);
    return NULL;
  }
  return error.code == HOLDFAST_OK ? NULL : exception_of(env, &error);
}

JNIEXPORT jbyteArray JNICALL Java_io_holdfast_Native_resultName(JNIEnv* env, jclass self, jint code) {
  (void)self;
  return constant(env, holdfast_result_name(code));
}

JNIEXPORT jbyteArray JNICALL Java_io_holdfast_Native_reasonName(JNIEnv* env, jclass self, jint reason) {
  (void)self;
  return constant(env, holdfast_reason_name((holdfast_reason)reason));
}

JNIEXPORT jbyteArray JNICALL Java_io_holdfast_Native_reasonAdvice(JNIEnv* env, jclass self, jint reason) {
  (void)self;
  return constant(env, holdfast_reason_advice((holdfast_reason)reason));
}

JNIEXPORT jbyteArray JNICALL Java_io_holdfast_Native_stateName(JNIEnv* env, jclass self, jint state) {
  (void)self;
  return constant(env, holdfast_state_name((holdfast_state)state));
}

JNIEXPORT jbyteArray JNICALL Java_io_holdfast_Native_version(JNIEnv* env, jclass self) {
  (void)self;
  return constant(env, holdfast_version());
}
