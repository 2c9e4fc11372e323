// Choice-based sign-in with Amplify in Node.js.
import { open } from './amplify.mjs';
import { choice } from './flows/choice.mjs';

choice(open);
