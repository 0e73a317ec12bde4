#include "questions.h"

#include <string.h>

#include "failure.h"

namespace holdfast_node {
namespace {

struct Question {
  std::shared_ptr<holdfast_handle> handle;
  Name name{};
  int64_t amount = 0;
  int (*ask)(Question&) = nullptr;                     // on a thread of the pool
  napi_value (*value)(napi_env, Question&) = nullptr;  // of what is allowed; nullptr: the verdict

  napi_async_work work = nullptr;
  napi_deferred promise = nullptr;

  int code = HOLDFAST_INTERNAL;
  holdfast_reason reason = HOLDFAST_REASON_ACTIVE;
  Failure failure;
  holdfast_limit limit{};
  uint8_t key[HOLDFAST_KEY_SIZE] = {};
};

void Ask(napi_env, void* data) {
  auto& question = *static_cast<Question*>(data);
  question.code = question.ask(question);
  if (question.code < 0) question.failure = LastFailure();
}

napi_value AnswerOf(napi_env env, Question& question) {
  if (question.code == HOLDFAST_OK && question.value != nullptr) return question.value(env, question);
  napi_value verdict = nullptr;
  napi_create_int32(env, Verdict(question.code, question.reason), &verdict);
  return verdict;
}

// Also when the context ends meanwhile: JavaScript cannot be run then, and nobody waits for the promise.
void Answer(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Question> question(static_cast<Question*>(data));
  if (question->code < 0)
    napi_reject_deferred(env, question->promise, ErrorOf(env, question->failure));
  else
    napi_resolve_deferred(env, question->promise, AnswerOf(env, *question));
  explicit_bzero(question->key, sizeof question->key);
  napi_delete_async_work(env, question->work);
}

napi_value Send(napi_env env, std::unique_ptr<Question> question) {
  napi_value promise = nullptr, label = nullptr;
  napi_create_string_utf8(env, "holdfast", NAPI_AUTO_LENGTH, &label);
  if (napi_create_async_work(env, nullptr, label, Ask, Answer, question.get(), &question->work) != napi_ok ||
      napi_create_promise(env, &question->promise, &promise) != napi_ok ||
      napi_queue_async_work(env, question->work) != napi_ok)
    return Throw(env, {HOLDFAST_SYSTEM, "host.work", "the question cannot be queued", ""});
  static_cast<void>(question.release());  // it is Answer's
  return promise;
}

// The question about arguments[1], which is a name; nullptr after throwing.
std::unique_ptr<Question> About(napi_env env, const Arguments& arguments) {
  const License* license = ToOpenLicense(env, arguments[0]);
  if (license == nullptr) return nullptr;
  auto question = std::make_unique<Question>();
  question->handle = license->handle;
  return ToName(env, arguments[1], &question->name) ? std::move(question) : nullptr;
}

bool IsUndefined(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type == napi_undefined;
}

// A question with an amount; `otherwise`, where there is none.
napi_value Count(napi_env env, napi_callback_info info, int (*ask)(Question&), int64_t least,
                 int64_t otherwise) {
  const Arguments arguments(env, info);
  auto question = About(env, arguments);
  if (question == nullptr) return nullptr;
  question->ask = ask;
  question->amount = otherwise;
  if (!IsUndefined(env, arguments[2]) || otherwise < least) {
    const auto amount = ToInteger(env, arguments[2], "the amount", least, kMostNumber);
    if (!amount) return nullptr;
    question->amount = *amount;
  }
  return Send(env, std::move(question));
}

void SetNumber(napi_env env, napi_value object, const char* name, int64_t number) {
  napi_value value = nullptr;
  napi_create_int64(env, number, &value);
  napi_set_named_property(env, object, name, value);
}

}  // namespace

napi_value Acquire(napi_env env, napi_callback_info info) {
  return Count(
      env, info,
      [](Question& q) { return holdfast_acquire(q.handle.get(), q.name.text, q.amount, &q.reason); }, 1, 1);
}

napi_value Release(napi_env env, napi_callback_info info) {
  return Count(
      env, info, [](Question& q) { return holdfast_release(q.handle.get(), q.name.text, q.amount); }, 1,
      HOLDFAST_ALL);
}

napi_value Set(napi_env env, napi_callback_info info) {
  constexpr int64_t kNone = -1;  // what to set has to be said
  return Count(
      env, info, [](Question& q) { return holdfast_set(q.handle.get(), q.name.text, q.amount, &q.reason); },
      0, kNone);
}

napi_value Consume(napi_env env, napi_callback_info info) {
  return Count(
      env, info,
      [](Question& q) { return holdfast_consume(q.handle.get(), q.name.text, q.amount, &q.reason); }, 1, 1);
}

napi_value LimitStatus(napi_env env, napi_callback_info info) {
  auto question = About(env, Arguments(env, info));
  if (question == nullptr) return nullptr;
  question->limit.size = sizeof question->limit;
  question->ask = [](Question& q) {
    return holdfast_limit_status(q.handle.get(), q.name.text, &q.limit, &q.reason);
  };
  question->value = [](napi_env in, Question& q) {
    napi_value status = nullptr;
    napi_create_object(in, &status);
    SetNumber(in, status, "max", q.limit.max);
    SetNumber(in, status, "used", q.limit.used);
    SetNumber(in, status, "held", q.limit.held);
    return status;
  };
  return Send(env, std::move(question));
}

napi_value Key(napi_env env, napi_callback_info info) {
  auto question = About(env, Arguments(env, info));
  if (question == nullptr) return nullptr;
  question->ask = [](Question& q) { return holdfast_key(q.handle.get(), q.name.text, q.key, &q.reason); };
  question->value = [](napi_env in, Question& q) {
    napi_value key = nullptr;
    napi_create_buffer_copy(in, sizeof q.key, q.key, nullptr, &key);
    return key;
  };
  return Send(env, std::move(question));
}

}  // namespace holdfast_node
