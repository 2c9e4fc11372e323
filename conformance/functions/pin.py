"""Functions of a custom sign-in, as one writes them for AWS Lambda: the user's PIN is one of their attributes."""


def define(event, _):
    session = event["request"]["session"]
    if not session:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
        event["response"]["issueTokens"] = event["response"]["failAuthentication"] = False
        return event
    event["response"]["issueTokens"] = session[-1]["challengeResult"]
    event["response"]["failAuthentication"] = not session[-1]["challengeResult"]
    return event


def create(event, _):
    pin = event["request"]["userAttributes"].get("custom:pin", "none")
    event["response"]["publicChallengeParameters"] = {"digits": str(len(pin))}
    event["response"]["privateChallengeParameters"] = {"pin": pin}
    return event


def verify(event, _):
    request = event["request"]
    event["response"]["answerCorrect"] = request["challengeAnswer"] == request["privateChallengeParameters"]["pin"]
    return event
