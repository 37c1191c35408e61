//! The words that subjects, messages and names are put together from.

use super::random::Random;

const THINGS: [&str; 24] = [
    "desk lamp",
    "office chair",
    "coffee grinder",
    "bicycle light",
    "winter jacket",
    "running shoes",
    "wireless headphones",
    "phone case",
    "bookshelf",
    "garden hose",
    "espresso machine",
    "backpack",
    "monitor stand",
    "water filter",
    "electric kettle",
    "sleeping bag",
    "keyboard",
    "blender",
    "gift card",
    "annual plan",
    "starter kit",
    "café table",
    "Müsli bowl",
    "photo printer",
];

const TROUBLES: [&str; 20] = [
    "arrived broken",
    "never arrived",
    "is the wrong colour",
    "does not switch on",
    "is missing a part",
    "came twice",
    "makes a strange noise",
    "is too small",
    "does not charge",
    "lost its connection",
    "was delivered to a neighbour",
    "stopped working after a week",
    "has a scratch",
    "leaks",
    "does not match the description",
    "overheats",
    "came without an invoice",
    "cannot be returned",
    "shows an error",
    "needs a spare part",
];

const WISHES: [&str; 20] = [
    "Refund",
    "Return label",
    "Invoice",
    "Exchange",
    "Delivery date",
    "Tracking number",
    "Warranty claim",
    "Discount",
    "Change of address",
    "Cancellation",
    "Receipt",
    "Replacement",
    "Upgrade",
    "Price match",
    "Repair",
    "Proof of payment",
    "Pickup",
    "Reorder",
    "Quote",
    "Customs form",
];

const TOPICS: [&str; 20] = [
    "log in",
    "reset my password",
    "pay with a card",
    "change my e-mail address",
    "download the invoice",
    "export our data",
    "invite a colleague",
    "delete my account",
    "connect the calendar",
    "use the voucher",
    "see my orders",
    "switch the plan",
    "verify my phone number",
    "add a second address",
    "open the app",
    "unsubscribe from the newsletter",
    "find the serial number",
    "read the manual",
    "sync my contacts",
    "change the language",
];

const OPENINGS: [&str; 8] = [
    "Hello,",
    "Hi there,",
    "Good morning,",
    "Dear team,",
    "Hello again,",
    "Good evening,",
    "Hi,",
    "To whom it may concern,",
];

const DETAILS: [&str; 12] = [
    "I have attached two photos.",
    "It happened yesterday evening.",
    "I tried it on two computers.",
    "The order was paid by credit card.",
    "A colleague has the same problem.",
    "It worked until last week.",
    "I could not find anything in the manual.",
    "The parcel looked fine from outside.",
    "Please call me after five if that is easier.",
    "I need it before the weekend.",
    "The tracking page has not moved for days.",
    "We have been customers for six years.",
];

const REPLIES: [&str; 10] = [
    "Thank you for writing to us, and sorry for the trouble.",
    "I have looked into your order.",
    "Your refund is on its way and takes three to five days.",
    "Could you send us the serial number?",
    "We have sent a replacement today.",
    "I have passed this on to our technicians.",
    "The new label is in your inbox.",
    "Please try it again now and tell us how it went.",
    "The invoice is attached.",
    "Our warehouse has confirmed the delivery.",
];

const NOTES: [&str; 6] = [
    "Called the carrier, they are looking for it.",
    "Same as the case of last week.",
    "Asked the warehouse; answer tomorrow.",
    "Goodwill approved up to 50 €.",
    "The customer wants a call back.",
    "Known defect of the first batch.",
];

/// First names, and how they are written in an address.
const FIRST_NAMES: [(&str, &str); 24] = [
    ("Ada", "ada"),
    ("Grace", "grace"),
    ("Linus", "linus"),
    ("Zoë", "zoe"),
    ("José", "jose"),
    ("Mina", "mina"),
    ("Søren", "soren"),
    ("Priya", "priya"),
    ("Kenji", "kenji"),
    ("Olga", "olga"),
    ("Noah", "noah"),
    ("Léa", "lea"),
    ("Emre", "emre"),
    ("Ingrid", "ingrid"),
    ("Mateo", "mateo"),
    ("Chloé", "chloe"),
    ("Yusuf", "yusuf"),
    ("Anna", "anna"),
    ("Paweł", "pawel"),
    ("Ruth", "ruth"),
    ("Diego", "diego"),
    ("Hanna", "hanna"),
    ("Tariq", "tariq"),
    ("Beatriz", "beatriz"),
];

const LAST_NAMES: [(&str, &str); 24] = [
    ("Lovelace", "lovelace"),
    ("Müller", "mueller"),
    ("García", "garcia"),
    ("Tanaka", "tanaka"),
    ("Novák", "novak"),
    ("Smith", "smith"),
    ("Okafor", "okafor"),
    ("Rossi", "rossi"),
    ("Andersson", "andersson"),
    ("Nguyen", "nguyen"),
    ("Kowalski", "kowalski"),
    ("Silva", "silva"),
    ("Dubois", "dubois"),
    ("Yılmaz", "yilmaz"),
    ("Haddad", "haddad"),
    ("Patel", "patel"),
    ("O'Brien", "obrien"),
    ("Jensen", "jensen"),
    ("Ivanova", "ivanova"),
    ("Kim", "kim"),
    ("Fischer", "fischer"),
    ("Moreau", "moreau"),
    ("van Dijk", "vandijk"),
    ("Costa", "costa"),
];

const COMPANIES: [&str; 12] = [
    "Acme",
    "Northwind",
    "Globex",
    "Initech",
    "Umbrella Bikes",
    "Blue Kettle",
    "Hansen & Söhne",
    "Sunrise Farms",
    "Paper Street",
    "Harbour Logistics",
    "Little Bakery",
    "Monsoon Travel",
];

const JOBS: [&str; 6] = ["Buyer", "Engineer", "Office manager", "Owner", "Accountant", "Teacher"];

const INBOXES: [&str; 10] = [
    "Support",
    "Sales",
    "Billing",
    "Returns",
    "Technical help",
    "Orders",
    "Partners",
    "Wholesale",
    "Press",
    "Feedback",
];

/// What conversations are labelled with, the most usual first.
pub(super) const LABELS: [&str; 12] = [
    "refund",
    "delivery",
    "billing",
    "bug",
    "vip",
    "return",
    "question",
    "complaint",
    "follow-up",
    "spam",
    "legal",
    "feature-request",
];

/// What customers are tagged with.
pub(super) const TAGS: [&str; 6] =
    ["newsletter", "vip", "wholesale", "trial", "press", "late-payer"];

fn word(random: &mut Random, words: &[&'static str]) -> &'static str {
    random.one_of(words).unwrap_or_default()
}

/// What a conversation is about.
pub(super) fn subject(random: &mut Random) -> String {
    let number = 1_000 + random.below(900_000);
    match random.below(8) {
        0 => format!("{} for order {number}", word(random, &WISHES)),
        1 => format!("My {} {}", word(random, &THINGS), word(random, &TROUBLES)),
        2 => format!("Cannot {}", word(random, &TOPICS)),
        3 => format!("How do I {}?", word(random, &TOPICS)),
        4 => format!("Order {number}: the {} {}", word(random, &THINGS), word(random, &TROUBLES)),
        5 => format!("{} of {}, order {number}", word(random, &WISHES), word(random, &THINGS)),
        6 => format!("Question about the {}", word(random, &THINGS)),
        _ => format!("Re: {} for the {} ({number})", word(random, &WISHES), word(random, &THINGS)),
    }
}

/// What a customer writes about that.
pub(super) fn question(random: &mut Random, subject: &str) -> String {
    let (opening, first) = (word(random, &OPENINGS), word(random, &DETAILS));
    let (second, trouble) = (word(random, &DETAILS), word(random, &TROUBLES));
    format!("{opening}\n\n{subject}. The {} {trouble}. {first} {second}", word(random, &THINGS))
}

/// What an agent answers.
pub(super) fn answer(random: &mut Random) -> String {
    format!("{}\n\n{}", word(random, &REPLIES), word(random, &REPLIES))
}

/// What agents tell each other.
pub(super) fn note(random: &mut Random) -> String {
    word(random, &NOTES).to_owned()
}

/// A person's first and last name and e-mail address, which is unique to this number.
pub(super) fn person(random: &mut Random, host: &str, number: u64) -> (String, String, String) {
    let (first, plain_first) = random.one_of(&FIRST_NAMES).unwrap_or_default();
    let (last, plain_last) = random.one_of(&LAST_NAMES).unwrap_or_default();
    (first.to_owned(), last.to_owned(), format!("{plain_first}.{plain_last}.{number}@{host}"))
}

pub(super) fn company(random: &mut Random) -> &'static str {
    word(random, &COMPANIES)
}

pub(super) fn job(random: &mut Random) -> &'static str {
    word(random, &JOBS)
}

/// What the inbox with this number is called.
pub(super) fn inbox(number: u32) -> String {
    let place = usize::try_from(number).unwrap_or_default();
    match INBOXES.get(place) {
        Some(name) => (*name).to_owned(),
        None => format!("{} {}", INBOXES[place % INBOXES.len()], 1 + place / INBOXES.len()),
    }
}
