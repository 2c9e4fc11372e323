// Functions of a custom sign-in, as one writes them for AWS Lambda: after the password, if the client begins with it, the user
// answers two sums. The third wrong answer ends the sign-in.
import { randomInt } from 'node:crypto';

const custom = (round) => round.challengeName === 'CUSTOM_CHALLENGE';

export const define = async (event) => {
  const { session } = event.request;
  const right = session.filter((round) => custom(round) && round.challengeResult).length;
  const wrong = session.filter((round) => custom(round) && !round.challengeResult).length;
  event.response.issueTokens = right === 2;
  event.response.failAuthentication = wrong === 3;
  event.response.challengeName = session.at(-1)?.challengeName === 'SRP_A' ? 'PASSWORD_VERIFIER' : 'CUSTOM_CHALLENGE';
  return event;
};

export const create = async (event) => {
  const [a, b] = [randomInt(100), randomInt(100)];
  const done = event.request.session.filter(custom).length;
  event.response.publicChallengeParameters = { question: `${a}+${b}`, number: String(done + 1) };
  event.response.privateChallengeParameters = { answer: String(a + b), padding: 'x'.repeat(20_000) };
  event.response.challengeMetadata = `SUM_${done + 1}`;
  return event;
};

export const verify = async (event) => {
  const { privateChallengeParameters, challengeAnswer } = event.request;
  event.response.answerCorrect = challengeAnswer === privateChallengeParameters.answer;
  return event;
};
