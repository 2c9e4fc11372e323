// Second factors with Amplify in Node.js.
import { open } from './amplify.mjs';
import { mfa } from './flows/mfa.mjs';

mfa(open);
