//! Counting conversations.

use std::collections::BTreeMap;

use super::ConversationService;
use crate::read_model::{ConversationCount, ConversationFilter, CountedFields, CountedValue};
use crate::{Caller, Error, Invalid};

impl ConversationService {
    /// The most counts that are answered. More are refused: it would no longer be an overview.
    pub const MAX_COUNTS: u32 = 10_000;

    /// How many conversations the filter allows, by the values of one or two fields, in the order
    /// of these values. Values of a closed vocabulary are there even if no conversation has them.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there are too many values, or the filter would search too much.
    pub async fn count(
        &self,
        caller: &Caller,
        filter: ConversationFilter,
        by: CountedFields,
    ) -> Result<Vec<ConversationCount>, Error> {
        let too_many = Invalid::TooManyCounts { most: Self::MAX_COUNTS };
        let limit = Self::MAX_COUNTS + 1;
        let found = self.conversations.count(caller.workspace, filter, by, limit).await;
        let found = found.map_err(|error| Error::of_search(error, Invalid::WordsTooBroad))?;
        let counts = with_zeros(by, found);
        if counts.len() > usize::try_from(Self::MAX_COUNTS).unwrap_or(usize::MAX) {
            return Err(too_many.into());
        }
        Ok(counts)
    }
}

/// These counts, and zeros for the values of closed vocabularies that have none, in order.
fn with_zeros(by: CountedFields, found: Vec<ConversationCount>) -> Vec<ConversationCount> {
    let mut rows = vec![Vec::new()];
    for (place, field) in by.iter().enumerate() {
        let values = field.vocabulary().unwrap_or_else(|| values_at(place, &found));
        rows = rows
            .iter()
            .flat_map(|row: &Vec<CountedValue>| {
                values.iter().map(move |value| row.iter().chain([value]).cloned().collect())
            })
            .collect();
    }
    let is_closed = by.iter().any(|field| field.vocabulary().is_some());
    let mut counts: BTreeMap<Vec<CountedValue>, u64> =
        if is_closed { rows.into_iter().map(|row| (row, 0)).collect() } else { BTreeMap::new() };
    counts.extend(found.into_iter().map(|ConversationCount { values, count }| (values, count)));
    counts.into_iter().map(|(values, count)| ConversationCount { values, count }).collect()
}

/// The different values in this place.
fn values_at(place: usize, found: &[ConversationCount]) -> Vec<CountedValue> {
    let mut values: Vec<_> =
        found.iter().filter_map(|count| count.values.get(place).cloned()).collect();
    values.sort_unstable();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use conversations_domain::{Priority, Status, Tag, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::ports::{MockConversationRepository, RepositoryError};
    use crate::read_model::CountedField;
    use crate::testing::{Ports, caller, workspace};

    async fn counted(
        by: &[CountedField],
        found: Result<Vec<ConversationCount>, RepositoryError>,
    ) -> Result<Vec<ConversationCount>, Error> {
        let by = CountedFields::new(by).expect("fields");
        let (mut conversations, mut found) = (MockConversationRepository::new(), Some(found));
        conversations
            .expect_count()
            .withf(move |asked, filter, fields, limit| {
                (*asked, *fields, *limit) == (workspace(), by, 10_001)
                    && *filter == ConversationFilter::default()
            })
            .returning(move |_, _, _, _| found.take().expect("one question"));
        let ports = Ports { conversations, ..Ports::default() };
        ports.conversation_service().count(&caller(), ConversationFilter::default(), by).await
    }

    fn count<const N: usize>(values: [CountedValue; N], count: u64) -> ConversationCount {
        ConversationCount { values: values.into(), count }
    }

    #[tokio::test]
    async fn what_no_conversation_has_is_zero_if_it_is_one_of_a_vocabulary() {
        use CountedValue::Status as Is;

        let found = vec![count([Is(Status::Closed)], 7), count([Is(Status::Open)], 2)];

        let counts = counted(&[CountedField::Status], Ok(found)).await.expect("counts");

        let expected = [(Status::Open, 2), (Status::Pending, 0), (Status::Closed, 7)];
        assert_eq!(counts, expected.map(|(status, n)| count([Is(status)], n)));
    }

    #[tokio::test]
    async fn two_fields_are_in_the_order_in_which_they_were_asked_for() {
        use CountedValue::{Assignee, Priority as Has};

        let user = Some(UserId::from_uuid(Uuid::from_u128(7)));
        let found = vec![
            count([Assignee(user), Has(Priority::Urgent)], 1),
            count([Assignee(None), Has(Priority::Low)], 3),
        ];
        let by = [CountedField::Assignee, CountedField::Priority];

        let counts = counted(&by, Ok(found)).await.expect("counts");

        let of = |assignee: Option<UserId>, numbers: [u64; 4]| {
            let rows = Priority::ALL.iter().zip(numbers);
            rows.map(|(&priority, n)| count([Assignee(assignee), Has(priority)], n))
                .collect::<Vec<_>>()
        };
        assert_eq!(counts, [of(None, [3, 0, 0, 0]), of(user, [0, 0, 0, 1])].concat());
    }

    #[tokio::test]
    async fn open_vocabularies_have_no_zeros() {
        let label = |text| CountedValue::Label(Tag::parse(text).expect("a label"));
        let found = || vec![count([label("vip")], 1), count([label("refund")], 2)];

        let counts = counted(&[CountedField::Label], Ok(found())).await.expect("counts");

        assert_eq!(counts, [count([label("refund")], 2), count([label("vip")], 1)]);
        assert_eq!(counted(&[CountedField::Label], Ok(Vec::new())).await.expect("none"), []);
    }

    #[tokio::test]
    async fn too_many_values_are_refused() {
        let label = |n: u64| CountedValue::Label(Tag::parse(&n.to_string()).expect("a label"));
        let found = |n| (0..n).map(|n| count([label(n)], 1)).collect::<Vec<_>>();

        let most = counted(&[CountedField::Label], Ok(found(10_000))).await;
        let more = counted(&[CountedField::Label], Ok(found(10_001))).await;

        assert_eq!(most.expect("counts").len(), 10_000);
        let refused = Err(Error::Invalid(Invalid::TooManyCounts { most: 10_000 }));
        assert_eq!(
            more.map_err(|error| error.to_string()),
            refused.map_err(|error: Error| error.to_string())
        );
    }

    #[tokio::test]
    async fn a_search_for_too_much_is_invalid() {
        let refused = counted(&[CountedField::Status], Err(RepositoryError::TooBroad)).await;

        assert!(matches!(refused, Err(Error::Invalid(Invalid::WordsTooBroad))));
    }
}
