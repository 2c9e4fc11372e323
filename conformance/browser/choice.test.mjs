// Choice-based sign-in and accounts without passwords, with Amplify in Chromium.
import { autoSignIn, choice } from '../js/flows/choice.mjs';
import { open } from './chromium.mjs';

choice(open);
autoSignIn(open);
