//! Who says yes to an offer: one pure function.

use crate::{
    engine::command::Consent,
    model::{Answer, Caution, Landing, Shortfall, Trust},
    settings::{AcceptRule, Settings},
};

/// All that is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub trust: Trust,
    pub caution: Option<&'a Caution>,
    /// What is offered; `None` where that isn't known before its end.
    pub bytes: Option<u64>,
    /// Where it seems to need more room than there is.
    pub short: Option<Shortfall>,
    pub consent: Consent,
    /// Where it goes if it is accepted without a question.
    pub landing: &'a Landing,
    pub settings: &'a Settings,
    /// After midnight, on this device's clock.
    pub minute: u16,
}

/// What happens to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Answer(Answer),
    /// A person is asked.
    Ask,
    /// It would be accepted without a question. But it seems to have no room, which only a person can find all right,
    /// and none can be asked.
    NoRoom(Shortfall),
}

/// Why nobody is asked in quiet hours.
pub const QUIET: &str = "nobody is asked there at this time of day";

#[must_use]
pub fn decide(asked: &Asked) -> Decision {
    let decline = |why: &str| Decision::Answer(Answer::Decline(Some(why.to_owned())));
    let consent = match (asked.consent, asked.settings.accept) {
        (Consent::Settings, AcceptRule::Ask) => Consent::Ask,
        (Consent::Settings, AcceptRule::Trusted) => Consent::Trusted,
        (other, _) => other,
    };
    let is_quiet = asked.settings.quiet.is_some_and(|quiet| quiet.has(asked.minute));
    let accept = || match (asked.short, consent) {
        (None, _) => Decision::Answer(Answer::Accept(asked.landing.clone())),
        (Some(_), Consent::Trusted) if !is_quiet => Decision::Ask,
        (Some(short), _) => Decision::NoRoom(short),
    };
    let heeds_trust = matches!(consent, Consent::Trusted | Consent::TrustedAlone(_));
    match consent {
        _ if asked.trust == Trust::Blocked => Decision::Answer(Answer::Decline(None)),
        Consent::Nobody(why) => decline(why),
        Consent::All => accept(),
        _ if heeds_trust && is_trusted(asked) => accept(),
        Consent::TrustedAlone(why) => decline(why),
        _ if is_quiet => decline(QUIET),
        Consent::Settings | Consent::Ask | Consent::Trusted => Decision::Ask,
    }
}

/// True of what needs no question where trusted devices are let in.
fn is_trusted(asked: &Asked) -> bool {
    let may_be = |limit| asked.bytes.is_some_and(|bytes| bytes < limit);
    matches!(asked.trust, Trust::Trusted | Trust::Own)
        && asked.caution.is_none()
        && asked.settings.ask_above.is_none_or(may_be)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{DeviceId, DeviceName},
        settings::QuietHours,
    };

    const NOON: u16 = 12 * 60;
    const NIGHT: u16 = 23 * 60;
    const WHY: &str = "nobody is there";

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Is {
        Accepted,
        Asked,
        Declined(&'static str),
        /// Without a word.
        Dropped,
        NoRoom,
    }
    use Is::{Accepted, Asked as Ask, Declined, Dropped, NoRoom};

    fn decided(asked: &Asked) -> Is {
        match decide(asked) {
            Decision::Ask => Ask,
            Decision::NoRoom(_) => NoRoom,
            Decision::Answer(Answer::Accept(landing)) => {
                assert_eq!(landing, *asked.landing);
                Accepted
            }
            Decision::Answer(Answer::Decline(None)) => Dropped,
            Decision::Answer(Answer::Decline(Some(why))) => {
                Declined([QUIET, WHY].into_iter().find(|known| *known == why).unwrap())
            }
        }
    }

    /// One line for each way to consent; one column for each sort of device, in the order of the heading.
    #[test]
    fn who_is_accepted_asked_about_and_declined() {
        let landing = Landing { name: Some("x".into()), ..Landing::default() };
        let trusts = [Trust::Stranger, Trust::Known, Trust::Trusted, Trust::Own, Trust::Blocked];
        let rule = |accept| Settings { accept, ..Settings::default() };
        for (consent, accept, expected) in [
            (Consent::Settings, AcceptRule::Trusted, [Ask, Ask, Accepted, Accepted, Dropped]),
            (Consent::Settings, AcceptRule::Ask, [Ask, Ask, Ask, Ask, Dropped]),
            (Consent::Ask, AcceptRule::Trusted, [Ask, Ask, Ask, Ask, Dropped]),
            (Consent::Trusted, AcceptRule::Ask, [Ask, Ask, Accepted, Accepted, Dropped]),
            (
                Consent::TrustedAlone(WHY),
                AcceptRule::Ask,
                [Declined(WHY), Declined(WHY), Accepted, Accepted, Dropped],
            ),
            (Consent::All, AcceptRule::Ask, [Accepted, Accepted, Accepted, Accepted, Dropped]),
            (
                Consent::Nobody(WHY),
                AcceptRule::Trusted,
                [Declined(WHY), Declined(WHY), Declined(WHY), Declined(WHY), Dropped],
            ),
        ] {
            for (trust, expected) in trusts.into_iter().zip(expected) {
                let settings = &rule(accept);
                let (caution, bytes, landing, minute) = (None, Some(1), &landing, NOON);
                let asked = Asked { trust, caution, bytes, short: None, consent, landing, settings, minute };
                assert_eq!(decided(&asked), expected, "{asked:?}");
            }
        }
    }

    /// Where there seems to be too little room, nobody but a person says yes.
    #[test]
    fn what_seems_to_have_no_room_is_asked_about_where_somebody_can_be() {
        let night = Some(QuietHours { from: 22 * 60, to: 7 * 60 });
        for (consent, minute, expected) in [
            (Consent::Settings, NOON, [Ask, Ask, Dropped]),
            (Consent::Settings, NIGHT, [Declined(QUIET), NoRoom, Dropped]),
            (Consent::TrustedAlone(WHY), NOON, [Declined(WHY), NoRoom, Dropped]),
            (Consent::All, NOON, [NoRoom, NoRoom, Dropped]),
        ] {
            for (trust, expected) in [Trust::Known, Trust::Trusted, Trust::Blocked].into_iter().zip(expected)
            {
                let settings = &Settings { accept: AcceptRule::Trusted, quiet: night, ..Settings::default() };
                let short = Some(Shortfall { needed: 2, free: 1 });
                let (caution, bytes, landing) = (None, Some(1), &Landing::default());
                let asked = Asked { trust, caution, bytes, short, consent, landing, settings, minute };
                assert_eq!(decided(&asked), expected, "{asked:?}");
            }
        }
    }

    /// What is changed about an offer of a trusted device, and what becomes of it where trusted devices are
    /// let in and others asked about; where others are declined; and where everybody is let in.
    #[test]
    fn what_makes_a_trusted_device_s_offer_worth_a_question() {
        let name = DeviceName::parse("Anna").unwrap();
        let other_key = Caution::OtherKey { name, known: DeviceId::of_public_key(b"anna") };
        let night = Some(QuietHours { from: 22 * 60, to: 7 * 60 });
        for (bytes, ask_above, caution, quiet, minute, expected) in [
            (Some(999), Some(1000), None, None, NOON, [Accepted, Accepted, Accepted]),
            (Some(1000), Some(1000), None, None, NOON, [Ask, Declined(WHY), Accepted]),
            (Some(0), Some(0), None, None, NOON, [Ask, Declined(WHY), Accepted]),
            (None, Some(1000), None, None, NOON, [Ask, Declined(WHY), Accepted]),
            (None, None, None, None, NOON, [Accepted, Accepted, Accepted]),
            (Some(1), None, Some(&other_key), None, NOON, [Ask, Declined(WHY), Accepted]),
            // Trusted devices come through quiet hours, unless they would have to be asked about.
            (Some(1), None, None, night, NIGHT, [Accepted, Accepted, Accepted]),
            (Some(1), None, Some(&other_key), night, NIGHT, [Declined(QUIET), Declined(WHY), Accepted]),
            (Some(2), Some(1), None, night, NIGHT, [Declined(QUIET), Declined(WHY), Accepted]),
            (Some(2), Some(1), None, night, NOON, [Ask, Declined(WHY), Accepted]),
        ] {
            let settings = &Settings { ask_above, quiet, ..Settings::default() };
            let consents = [Consent::Settings, Consent::TrustedAlone(WHY), Consent::All];
            for (consent, expected) in consents.into_iter().zip(expected) {
                let (trust, landing) = (Trust::Trusted, &Landing::default());
                let short = None;
                let asked = Asked { trust, caution, bytes, short, consent, landing, settings, minute };
                assert_eq!(decided(&asked), expected, "{asked:?}");
            }
        }
    }
}
