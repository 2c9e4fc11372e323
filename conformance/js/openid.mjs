// The newest openid-client, for tests of other folders, where an older one is beside it.
export * from 'openid-client';
