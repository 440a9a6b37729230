import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { WebauthnJson } from '../../packages/server/src/faces.ts';

/** What a dishonest or broken authenticator or page might do differently. */
export interface Misbehaviour {
  readonly origin?: string;
  readonly rpId?: string;
  readonly userVerified?: boolean;
  readonly challenge?: string;
  readonly type?: string;
}

/** A WebAuthn authenticator in software: ES256, no attestation, one resident credential. */
export class SoftAuthenticator {
  readonly id: string = randomBytes(16).toString('base64url');
  readonly #key: KeyObject;
  readonly #cose: Buffer;
  #counter = 0;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    // COSE_Key (RFC 9052 §7) of an ES256 key, CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
    this.#cose = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]);
  }

  create(options: WebauthnJson, how: Misbehaviour = {}): WebauthnJson {
    const id = Buffer.from(this.id, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const authData = Buffer.concat([this.#authData(how, 0x40), Buffer.alloc(16), length, id, this.#cose]);
    // {"fmt": "none", "attStmt": {}, "authData": bytes}
    const attestation = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex'),
      Buffer.from([authData.length >> 8, authData.length & 0xff]),
      authData,
    ]);
    return this.#response({
      clientDataJSON: clientData('webauthn.create', options, how).toString('base64url'),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    });
  }

  get(options: WebauthnJson, how: Misbehaviour = {}): WebauthnJson {
    this.#counter++;
    const authData = this.#authData(how, 0);
    const client = clientData('webauthn.get', options, how);
    const signed = Buffer.concat([authData, createHash('sha256').update(client).digest()]);
    return this.#response({
      clientDataJSON: client.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: sign('sha256', signed, this.#key).toString('base64url'),
    });
  }

  #authData(how: Misbehaviour, flags: number): Buffer {
    const rp = createHash('sha256')
      .update(how.rpId ?? 'localhost')
      .digest();
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.#counter);
    return Buffer.concat([
      rp,
      Buffer.from([flags | 0x01 | (how.userVerified === false ? 0 : 0x04)]),
      counter,
    ]);
  }

  #response(response: Record<string, unknown>): WebauthnJson {
    return { id: this.id, rawId: this.id, type: 'public-key', clientExtensionResults: {}, response };
  }
}

function clientData(type: string, options: WebauthnJson, how: Misbehaviour): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: how.type ?? type,
      challenge: how.challenge ?? options['challenge'],
      origin: how.origin ?? 'http://localhost:7300',
      crossOrigin: false,
    }),
  );
}
