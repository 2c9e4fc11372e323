// Keys with certificates of their own, by OpenSSL.
import { execFileSync } from 'node:child_process';

// keyPair makes an RSA key and a certificate for it, in PEM.
export function keyPair(name) {
  const flags = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', '-', '-days', '30', '-subj', `/CN=${name}`];
  const text = execFileSync('openssl', ['req', ...flags], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [key] = text.match(/-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----/);
  const [certificate] = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/);
  return { key, certificate };
}
