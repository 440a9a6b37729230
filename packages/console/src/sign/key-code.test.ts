import { describe, expect, it } from 'vitest';
import { bufferToBase64URLString, type RegistrationResponseJSON } from '@simplewebauthn/browser';
import { keyCode, registeredKey } from './key-code.ts';

function registration(flags: number, key: Uint8Array): RegistrationResponseJSON {
  const data = Uint8Array.from([...new Uint8Array(32), flags, ...new Uint8Array(20), 0, 3, 1, 2, 3, ...key]);
  const response = {
    clientDataJSON: '',
    attestationObject: '',
    authenticatorData: bufferToBase64URLString(data.buffer),
  };
  return { id: '', rawId: '', type: 'public-key', clientExtensionResults: {}, response };
}

describe('key codes', () => {
  it('are four groups of four, and differ with the key', () => {
    expect(keyCode('AAAA')).toMatch(/^([0-9a-f]{4} ){3}[0-9a-f]{4}$/);
    expect(keyCode('AAAA')).not.toBe(keyCode('AAAB'));
  });

  it('finds the key behind the credential id', () => {
    expect(registeredKey(registration(0x45, Uint8Array.of(9, 8, 7)))).toBe('CQgH');
  });

  it('gives up where extensions follow the key', () => {
    expect(registeredKey(registration(0xc5, Uint8Array.of(9, 8, 7)))).toBeUndefined();
  });
});
