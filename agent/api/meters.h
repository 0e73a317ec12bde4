// What is used of the meters: units are handed out from batches that are on record in the ledger. Not thread safe: it belongs to the
// thread that serves, and the ledger to the worker.
#pragma once

#include "agent/enforcement/meter.h"

namespace holdfast::api {

// Units that the ledger has to have on record before any more can be handed out.
struct NextBatch {
  MeterRecord record;
  int64_t size = 0;
  // What was really used in the period before, where that was the last that units were taken in.
  std::optional<MeterRecord> ended = {};
};

class Meters {
 public:
  // Of the ledger, whenever it is looked at. What is on record counts as used; what is known already stays. `ended`: periods that are over, or that began before
  // time was taken back: one that begins again goes on with what was used in it.
  void Load(const std::vector<MeterRecord>& records, std::vector<MeterRecord> ended = {});
  bool loaded() const { return loaded_; }

  // The units that are used in the period that `floor` is in, at least meter.units: what the license says was used before.
  int64_t Used(const MeterRecord& meter, Time floor) const;
  // Hands out `amount` above those, or says which batch is needed for it. Precondition: the limit allows it, or the license only advises; what is
  // used stays within int64.
  std::optional<NextBatch> Take(const MeterRecord& meter, const Limit& limit, Time floor, int64_t amount);
  // The ledger has the batch on record.
  void Add(const NextBatch& batch, Time floor);
  // What is on record once what is left of the batches is given back; of a period that is over too, until the next has begun in the ledger.
  std::vector<MeterRecord> Used() const;

 private:
  struct Account {
    MeterRecord recorded;  // units: used, or in the batch
    int64_t used = 0;
    int64_t batch = 0;                      // the size of the last one
    Time taken;                             // by the floor
    std::optional<MeterRecord> ended = {};  // the period before, with what was used in it
    void Advance(Time floor);
  };
  Account& AccountOf(const MeterRecord& meter);
  const Account* Find(const MeterRecord& meter) const;
  static Account Fresh(const MeterRecord& meter);
  // In the period of `now` before time was taken back.
  int64_t UsedBefore(const MeterRecord& now) const;
  std::vector<Account> accounts_;  // a handful
  std::vector<MeterRecord> ended_;
  bool loaded_ = false;
};

}  // namespace holdfast::api
