// Sign-ins that functions decide, with Amplify in Node.js.
import { open } from './amplify.mjs';
import { custom } from './flows/custom.mjs';

custom(open);
