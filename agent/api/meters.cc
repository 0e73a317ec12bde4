#include "agent/api/meters.h"

#include <algorithm>

namespace holdfast::api {

void Meters::Account::Advance(Time floor) {
  MeterRecord current = InPeriod(recorded, floor);
  if (current.since != recorded.since) {
    if (recorded.units > 0) {
      ended = recorded;
      ended->units = used;
    }
    used = 0;
  }
  recorded = std::move(current);
}

void Meters::Load(const std::vector<MeterRecord>& records, std::vector<MeterRecord> ended) {
  loaded_ = true;
  ended_ = std::move(ended);
  for (const MeterRecord& record : records)
    if (Find(record) == nullptr) accounts_.push_back({.recorded = record, .used = record.units});
}

const Meters::Account* Meters::Find(const MeterRecord& meter) const {
  const auto found = std::find_if(accounts_.begin(), accounts_.end(), [&](const Account& account) {
    return IsSameMeter(account.recorded, meter);
  });
  return found == accounts_.end() ? nullptr : &*found;
}

Meters::Account& Meters::AccountOf(const MeterRecord& meter) {
  if (const Account* found = Find(meter)) return accounts_[static_cast<size_t>(found - accounts_.data())];
  return accounts_.emplace_back(Fresh(meter));
}

Meters::Account Meters::Fresh(const MeterRecord& meter) {
  Account fresh{.recorded = meter};
  fresh.recorded.since = {};
  fresh.recorded.units = 0;
  return fresh;
}

int64_t Meters::UsedBefore(const MeterRecord& now) const {
  int64_t units = 0;
  for (const MeterRecord& ended : ended_)
    if (IsSameMeter(ended, now) && ended.since == now.since) units = std::max(units, ended.units);
  return units;
}

int64_t Meters::Used(const MeterRecord& meter, Time floor) const {
  const Account* found = Find(meter);
  Account account = found == nullptr ? Fresh(meter) : *found;
  account.Advance(floor);
  return std::max({account.used, meter.units, UsedBefore(account.recorded)});
}

std::optional<NextBatch> Meters::Take(const MeterRecord& meter, const Limit& limit, Time floor,
                                      int64_t amount) {
  Account& account = AccountOf(meter);
  account.recorded.id = meter.id;  // a record of before knows no root
  account.Advance(floor);
  account.used = std::max({account.used, meter.units, UsedBefore(account.recorded)});
  if (amount <= account.recorded.units - account.used) {
    account.used += amount;
    return {};
  }
  // Beyond the ceiling, where only a license that advises grants any, a batch is no smaller: each costs the TPM a write.
  Limit counted = limit;
  counted.max = std::max(limit.max, account.used);
  NextBatch batch{account.recorded, NextBatchSize(account.batch, floor - account.taken, counted),
                  account.ended};
  const int64_t left = Ceiling(limit) - account.used - amount;
  batch.record.units = account.used + amount + (left < 0 ? batch.size : std::min(batch.size, left));
  return batch;
}

void Meters::Add(const NextBatch& batch, Time floor) {
  Account& account = AccountOf(batch.record);
  account.batch = batch.size;
  account.taken = floor;
  if (batch.record.since < account.recorded.since) return;
  account.ended.reset();
  if (batch.record.since > account.recorded.since) account.used = 0;
  const int64_t known = batch.record.since == account.recorded.since ? account.recorded.units : 0;
  account.recorded.since = batch.record.since;
  account.recorded.units = std::max(known, batch.record.units);
}

std::vector<MeterRecord> Meters::Used() const {
  std::vector<MeterRecord> records;
  for (const Account& account : accounts_) {
    if (account.ended) records.push_back(*account.ended);
    records.push_back(account.recorded);
    records.back().units = account.used;
  }
  return records;
}

}  // namespace holdfast::api
