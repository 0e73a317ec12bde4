#include "signer/server/store/migrations.h"

namespace holdfast {
namespace {

// Binary as hex, certificates as base64 (SOCI's blobs do not work on PostgreSQL); times as Unix seconds.
constexpr const char* kFirst[] = {
    "create table products (id text not null, version bigint not null, file text not null,"
    " created bigint not null, primary key (id, version))",

    "create table customers (id text primary key, name text not null unique, created bigint not null)",

    "create table licenses (id text primary key, product text not null, product_version bigint not null,"
    " plan text not null, customer text not null references customers (id),"
    " activation_limit bigint not null check (activation_limit > 0),"
    " status text not null check (status in ('active', 'suspended', 'revoked')),"
    " status_since bigint not null, product_key_id text not null unique, possession_key text not null,"
    " created bigint not null, foreign key (product, product_version) references products (id, version))",
    "create index licenses_by_customer on licenses (customer)",

    "create table activations (sequence bigint primary key, id text not null unique,"
    " license text not null references licenses (id), ek_name text not null, content_hash text not null,"
    " license_key_name text not null, serial text not null unique, line text not null,"
    " issuer_key_id text not null, shard bigint not null,"
    " state text not null check (state in ('reserved', 'issued', 'superseded', 'revoked')),"
    " state_since bigint not null, not_before bigint not null, not_after bigint not null,"
    " terms text not null, certificate text not null, host text not null, created bigint not null)",
    "create index activations_by_request on activations (license, content_hash)",
    "create index activations_by_ek on activations (license, ek_name)",
    "create index activations_by_shard on activations (issuer_key_id, shard)",

    "create table crls (issuer_key_id text not null, line text not null, shard bigint not null,"
    " number bigint not null, this_update bigint not null, next_update bigint not null, der text not null,"
    " primary key (issuer_key_id, shard, number))",

    "create table ek_sightings (sequence bigint primary key, ek_name text not null,"
    " license text not null references licenses (id), content_hash text not null,"
    " gate_index bigint not null, gate_base text not null, clock_ms text not null,"
    " reset_count bigint not null, restart_count bigint not null, seen bigint not null)",
    "create index ek_sightings_by_ek on ek_sightings (ek_name)",
    "create index ek_sightings_by_license on ek_sightings (license)",

    "create table audit (sequence bigint primary key, at bigint not null, actor text not null,"
    " action text not null, subject text not null, detail text not null, previous text not null,"
    " hash text not null)",
};

// At most one row.
constexpr const char* kSignerAuditHead[] = {
    "create table signer_audit_head (sequence bigint not null, hash text not null)",
};

// SQLite does not change a check of a table: activations is made anew, with the state `returned` and the AK.
constexpr const char* kReturns[] = {
    "create table activations_3 (sequence bigint primary key, id text not null unique,"
    " license text not null references licenses (id), ek_name text not null, content_hash text not null,"
    " license_key_name text not null, ak_public text not null, serial text not null unique, line text not "
    "null,"
    " issuer_key_id text not null, shard bigint not null,"
    " state text not null check (state in ('reserved', 'issued', 'superseded', 'revoked', 'returned')),"
    " state_since bigint not null, not_before bigint not null, not_after bigint not null,"
    " terms text not null, certificate text not null, host text not null, created bigint not null)",
    "insert into activations_3 (sequence, id, license, ek_name, content_hash, license_key_name, ak_public, "
    "serial,"
    " line, issuer_key_id, shard, state, state_since, not_before, not_after, terms, certificate, host, "
    "created)"
    " select sequence, id, license, ek_name, content_hash, license_key_name, '', serial, line, "
    "issuer_key_id, shard,"
    " state, state_since, not_before, not_after, terms, certificate, host, created from activations",
    "drop table activations",
    "alter table activations_3 rename to activations",
    "create index activations_by_request on activations (license, content_hash)",
    "create index activations_by_ek on activations (license, ek_name)",
    "create index activations_by_shard on activations (issuer_key_id, shard)",

    "create table returns (sequence bigint primary key, activation text not null references activations (id),"
    " proof text not null, proof_hash text not null, nonce text not null, gate_value text not null,"
    " accepted bigint not null)",
    "create index returns_by_activation on returns (activation)",

    "create table return_nonces (sequence bigint primary key, activation text not null references "
    "activations (id),"
    " nonce text not null unique, issued bigint not null, used bigint not null)",
    "create index return_nonces_by_activation on return_nonces (activation)",
};

// A license's own end: 0 is none. Notes are a JSON array.
constexpr const char* kHeartbeats[] = {
    "alter table licenses add column ends bigint not null default 0",

    "create table heartbeats (sequence bigint primary key, license text not null references licenses (id),"
    " ek_name text not null, activation text not null references activations (id),"
    " report_id text not null, report text not null, report_sequence bigint not null,"
    " counter text not null, birth bigint not null, answer_id text not null, answer text not null,"
    " host text not null, notes text not null, seen bigint not null, unique (license, report_id))",
    "create index heartbeats_by_host on heartbeats (license, ek_name)",
};

constexpr const char* kRepairs[] = {
    "create table repairs (sequence bigint primary key, license text not null references licenses (id),"
    " replaced text not null references activations (id), replacement text not null references activations "
    "(id),"
    " at bigint not null)",
    "create index repairs_by_license on repairs (license, at)",
};

// What a return credits. Returns of before count no units. time_left in seconds; -1: the license runs, or no time was credited.
constexpr const char* kCredits[] = {
    "alter table licenses add column time_left bigint not null default -1",
    "alter table activations add column takes_over text not null default ''",
    "alter table returns add column units text not null default 'none'",
    "alter table returns add column used text not null default '[]'",
    "alter table returns add column time_left bigint not null default -1",
};

constexpr Migration kMigrations[] = {{1, kFirst},      {2, kSignerAuditHead}, {3, kReturns},
                                     {4, kHeartbeats}, {5, kRepairs},         {6, kCredits}};

}  // namespace

std::span<const Migration> Migrations() {
  return kMigrations;
}

}  // namespace holdfast
