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

constexpr Migration kMigrations[] = {{1, kFirst}, {2, kSignerAuditHead}};

}  // namespace

std::span<const Migration> Migrations() {
  return kMigrations;
}

}  // namespace holdfast
