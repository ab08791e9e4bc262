//! Who says yes to an offer: one pure function.

use super::command::Consent;
use crate::model::{Answer, Landing};

/// What happens to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Answer(Answer),
    /// A person is asked.
    Ask,
}

#[must_use]
pub fn decide(consent: Consent, landing: &Landing) -> Decision {
    match consent {
        Consent::Settings | Consent::Ask | Consent::Trusted => Decision::Ask,
        Consent::All => Decision::Answer(Answer::Accept(landing.clone())),
        Consent::Nobody(why) | Consent::TrustedAlone(why) => {
            Decision::Answer(Answer::Decline(Some(why.to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_consent_to_all_accepts_without_a_person() {
        let landing = Landing { name: Some("x".into()), ..Landing::default() };
        for (consent, decision) in [
            (Consent::Ask, Decision::Ask),
            (Consent::All, Decision::Answer(Answer::Accept(landing.clone()))),
            (Consent::Nobody("why"), Decision::Answer(Answer::Decline(Some("why".into())))),
        ] {
            assert_eq!(decide(consent, &landing), decision);
        }
    }
}
