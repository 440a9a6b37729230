/**
 * The schema, one step per version; a data folder written by a newer version is refused. Every key begins
 * with the tenant; times are milliseconds since the epoch; JSON columns hold canonical JSON.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE entry (
    tenant TEXT NOT NULL, idx INTEGER NOT NULL, leaf BLOB NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (tenant, idx)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE node (
    tenant TEXT NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (tenant, level, idx)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE checkpoint (tenant TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT;

  CREATE TABLE person (
    tenant TEXT NOT NULL, id TEXT NOT NULL, email TEXT NOT NULL, created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX person_email ON person (tenant, email);
  CREATE TABLE membership (
    tenant TEXT NOT NULL, person TEXT NOT NULL, grp TEXT NOT NULL, PRIMARY KEY (tenant, person, grp)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE credential (
    tenant TEXT NOT NULL, id TEXT NOT NULL, person TEXT NOT NULL, kind TEXT NOT NULL, public_key TEXT NOT NULL,
    webauthn_id TEXT, counter INTEGER NOT NULL DEFAULT 0, transports TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL, revoked_at INTEGER, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX credential_public_key ON credential (tenant, public_key);
  CREATE UNIQUE INDEX credential_webauthn ON credential (tenant, webauthn_id) WHERE webauthn_id IS NOT NULL;
  CREATE TABLE enrolment (
    tenant TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, expires_at INTEGER NOT NULL,
    statement TEXT, evidence TEXT, credential TEXT, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE link (
    tenant TEXT NOT NULL, secret_hash TEXT NOT NULL, kind TEXT NOT NULL, email TEXT, grp TEXT,
    expires_at INTEGER NOT NULL, PRIMARY KEY (tenant, secret_hash)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE challenge (
    tenant TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE console_session (
    tenant TEXT NOT NULL, token_hash TEXT NOT NULL, person TEXT NOT NULL, credential TEXT NOT NULL,
    expires_at INTEGER NOT NULL, PRIMARY KEY (tenant, token_hash)
  ) WITHOUT ROWID, STRICT;

  CREATE TABLE agent (
    tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
    revision INTEGER NOT NULL, key_hash TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX agent_name ON agent (tenant, name);
  CREATE UNIQUE INDEX agent_key ON agent (tenant, key_hash);
  CREATE TABLE pep (
    tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, agents TEXT,
    key_hash TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX pep_name ON pep (tenant, name);
  CREATE UNIQUE INDEX pep_key ON pep (tenant, key_hash);

  CREATE TABLE denial (
    tenant TEXT NOT NULL, id TEXT NOT NULL, agent TEXT NOT NULL, credential TEXT NOT NULL,
    binding_hash TEXT NOT NULL, question TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX denial_expiry ON denial (tenant, expires_at);
  CREATE TABLE request (
    tenant TEXT NOT NULL, id TEXT NOT NULL, agent TEXT NOT NULL, binding_hash TEXT NOT NULL, status TEXT NOT NULL,
    question TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER,
    PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX request_pending ON request (tenant, agent, binding_hash) WHERE status = 'pending';
  CREATE INDEX request_expiry ON request (tenant, status, expires_at);
  CREATE INDEX request_created ON request (tenant, created_at);
  CREATE INDEX request_denied ON request (tenant, agent, binding_hash, ended_at) WHERE status = 'denied';
  CREATE TABLE holder (
    tenant TEXT NOT NULL, request TEXT NOT NULL, credential TEXT NOT NULL, PRIMARY KEY (tenant, request, credential)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE idempotency (
    tenant TEXT NOT NULL, credential TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL,
    request TEXT NOT NULL, PRIMARY KEY (tenant, credential, key)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE vote (
    tenant TEXT NOT NULL, request TEXT NOT NULL, person TEXT NOT NULL, statement TEXT NOT NULL,
    evidence TEXT NOT NULL, cast_at INTEGER NOT NULL, PRIMARY KEY (tenant, request, person)
  ) WITHOUT ROWID, STRICT;

  CREATE TABLE approval (
    tenant TEXT NOT NULL, id TEXT NOT NULL, request TEXT NOT NULL, agent TEXT NOT NULL, binding_hash TEXT NOT NULL,
    approved_at INTEGER NOT NULL, approved_until INTEGER NOT NULL, max_uses INTEGER NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0, revoked_at INTEGER, PRIMARY KEY (tenant, id),
    CHECK (uses >= 0 AND uses <= max_uses)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX approval_request ON approval (tenant, request);
  CREATE INDEX approval_binding ON approval (tenant, agent, binding_hash, approved_until);
  CREATE TABLE claim (
    tenant TEXT NOT NULL, id TEXT NOT NULL, approval TEXT NOT NULL, credential TEXT NOT NULL,
    idempotency_key TEXT NOT NULL, claimed_at INTEGER NOT NULL, lease_until INTEGER NOT NULL,
    disposition TEXT, reported_at INTEGER, late_disposition TEXT, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX claim_idempotency ON claim (tenant, credential, approval, idempotency_key);
  CREATE INDEX claim_approval ON claim (tenant, approval);
  CREATE INDEX claim_open ON claim (tenant, lease_until) WHERE disposition IS NULL;

  CREATE TABLE session_label (
    tenant TEXT NOT NULL, agent TEXT NOT NULL, label TEXT NOT NULL, seen_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, agent, label)
  ) WITHOUT ROWID, STRICT;
  `,
  `ALTER TABLE pep ADD COLUMN explains INTEGER NOT NULL DEFAULT 0 CHECK (explains IN (0, 1));`,
  `
  CREATE TABLE callback (
    tenant TEXT NOT NULL, request TEXT NOT NULL, credential TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT,
    events TEXT, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, PRIMARY KEY (tenant, request, credential)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX callback_next ON callback (tenant, next_at);
  `,
  `
  CREATE TABLE bundle (
    tenant TEXT NOT NULL, id TEXT NOT NULL, credential TEXT NOT NULL, items TEXT NOT NULL, created_at INTEGER NOT NULL,
    idempotency_key TEXT, body_hash TEXT, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX bundle_idempotency ON bundle (tenant, credential, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
  `,
  `
  CREATE TABLE foreign_denial (
    tenant TEXT NOT NULL, issuer TEXT NOT NULL, jti TEXT NOT NULL, request TEXT NOT NULL, credential TEXT NOT NULL,
    members TEXT NOT NULL, PRIMARY KEY (tenant, issuer, jti)
  ) STRICT;
  CREATE INDEX foreign_denial_request ON foreign_denial (tenant, request, credential);
  `,
  `
  ALTER TABLE request ADD COLUMN ticket TEXT;
  CREATE UNIQUE INDEX request_ticket ON request (tenant, ticket) WHERE ticket IS NOT NULL;

  CREATE TABLE parked_call (
    tenant TEXT NOT NULL, id TEXT NOT NULL, agent TEXT NOT NULL, upstream TEXT NOT NULL, request TEXT NOT NULL,
    message TEXT NOT NULL, tool_digest TEXT NOT NULL, world TEXT, state TEXT NOT NULL, answer TEXT, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX parked_call_waiting ON parked_call (tenant, agent, upstream, request) WHERE state = 'waiting';
  CREATE INDEX parked_call_request ON parked_call (tenant, request);
  CREATE INDEX parked_call_open ON parked_call (tenant, agent) WHERE state IN ('waiting', 'taken', 'sent', 'asking');
  CREATE INDEX parked_call_expiry ON parked_call (tenant, expires_at);
  CREATE TABLE request_state (
    tenant TEXT NOT NULL, hash TEXT NOT NULL, agent TEXT NOT NULL, upstream TEXT NOT NULL, call_hash TEXT NOT NULL,
    request TEXT NOT NULL, kept TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (tenant, hash)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX request_state_expiry ON request_state (tenant, expires_at);
  `,
  `CREATE INDEX request_agent ON request (tenant, agent, created_at);`,
  `ALTER TABLE parked_call ADD COLUMN delegation TEXT;`,
];
