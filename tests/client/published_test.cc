// Values that are read without a lock are freed when nobody reads them, and not before.
#include "agent/client/published.h"

#include <gtest/gtest.h>

#include <thread>

namespace holdfast::client {
namespace {

std::atomic<int> living = 0;

struct Value {
  explicit Value(int n) : first(n), second(n) { living++; }
  ~Value() {
    first = -1;
    living--;
  }
  int first, second;
};

TEST(PublishedTest, AValueThatNobodyReadsIsFreedAtOnce) {
  Published<Value> published(std::make_unique<const Value>(0));
  for (int i = 1; i <= 100; i++) published.Publish(std::make_unique<const Value>(i));
  EXPECT_EQ(living, 1);
  EXPECT_EQ(published.retired(), 0u);
}

TEST(PublishedTest, AValueThatIsReadStays) {
  Published<Value> published(std::make_unique<const Value>(0));
  {
    const Published<Value>::Reading old(published);
    for (int i = 1; i <= 10; i++) published.Publish(std::make_unique<const Value>(i));
    EXPECT_EQ(old->first, 0);
    const Published<Value>::Reading fresh(published);
    EXPECT_EQ(fresh->first, 10);
  }
  published.Publish(std::make_unique<const Value>(11));
  EXPECT_EQ(living, 1);
}

TEST(PublishedTest, AllGoWithIt) {
  {
    Published<Value> published(std::make_unique<const Value>(0));
    const Published<Value>::Reading reading(published);
    published.Publish(std::make_unique<const Value>(1));
  }
  EXPECT_EQ(living, 0);
}

TEST(PublishedTest, ManyReadersSeeWholeValuesThatGrow) {
  Published<Value> published(std::make_unique<const Value>(0));
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; i++)
    readers.emplace_back([&] {
      for (int last = 0; !stop;) {
        const Published<Value>::Reading reading(published);
        if (reading->first != reading->second || reading->first < last) wrong++;
        last = reading->first;
      }
    });
  size_t most = 0;
  for (int i = 1; i <= 20'000; i++) {
    published.Publish(std::make_unique<const Value>(i));
    most = std::max(most, published.retired());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LT(most, 20'000u) << "values are freed while others are read";
  published.Publish(std::make_unique<const Value>(20'001));
  EXPECT_EQ(living, 1);
}

}  // namespace
}  // namespace holdfast::client
