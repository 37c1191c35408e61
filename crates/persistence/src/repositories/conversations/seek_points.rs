//! Places in a list of which it is known how many rows lie before them, and the shortest way from
//! one of them to a page.

use conversations_application::SortKey;

/// The places, in the order of the list, its two ends among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeekPoints(Vec<SeekPoint>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SeekPoint {
    /// The rows before it.
    before: u64,
    /// Where it is, unless it is an end.
    place: Option<SortKey>,
}

/// A way to a page: from a place, along the list or backwards, past some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seek {
    pub(super) place: Option<SortKey>,
    pub(super) backwards: bool,
    pub(super) skip: u64,
}

impl SeekPoints {
    /// The ends of a list of this many rows.
    pub(super) fn ends(total: u64) -> Self {
        Self(vec![SeekPoint { before: 0, place: None }, SeekPoint { before: total, place: None }])
    }

    /// The ends of the list, and places between its days. `days` are in the order of the list, each
    /// with the place at which it begins in that order and with its rows. Days that do not add up
    /// to the total are of no use.
    pub(super) fn between(days: impl IntoIterator<Item = (SortKey, u64)>, total: u64) -> Self {
        let mut seek_points = vec![SeekPoint { before: 0, place: None }];
        let mut before = 0;
        for (index, (place, rows)) in days.into_iter().enumerate() {
            if index > 0 {
                seek_points.push(SeekPoint { before, place: Some(place) });
            }
            before += rows;
        }
        if before != total {
            return Self::ends(total);
        }
        seek_points.push(SeekPoint { before, place: None });
        Self(seek_points)
    }

    /// The shortest way to the page of `take` rows after `offset` rows, which are all there.
    pub(super) fn nearest(&self, offset: u64, take: u32) -> Seek {
        let end = offset + u64::from(take);
        // The last edge before the page and the first one after it: the ends see to it that there
        // are both.
        let after = self.0.partition_point(|edge| edge.before <= offset);
        let (mut along, mut skip) = (None, offset);
        if let Some(edge) = after.checked_sub(1).and_then(|index| self.0.get(index)) {
            (along, skip) = (edge.place, offset - edge.before);
        }
        match self.0.iter().skip(after).find(|edge| edge.before >= end) {
            Some(edge) if edge.before - end < skip => {
                Seek { place: edge.place, backwards: true, skip: edge.before - end }
            }
            _ => Seek { place: along, backwards: false, skip },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn place(number: u128) -> SortKey {
        SortKey::of_id(Uuid::from_u128(number))
    }

    fn along(place: Option<SortKey>, skip: u64) -> Seek {
        Seek { place, backwards: false, skip }
    }

    fn backwards(place: Option<SortKey>, skip: u64) -> Seek {
        Seek { place, backwards: true, skip }
    }

    #[test]
    fn seeks_from_the_nearest_end() {
        let ends = SeekPoints::ends(100);

        assert_eq!(ends.nearest(0, 10), along(None, 0));
        assert_eq!(ends.nearest(40, 10), along(None, 40));
        assert_eq!(ends.nearest(50, 10), backwards(None, 40));
        assert_eq!(ends.nearest(90, 10), backwards(None, 0));
        assert_eq!(ends.nearest(95, 5), backwards(None, 0));
    }

    #[test]
    fn seeks_from_the_nearest_day() {
        let days = SeekPoints::between([(place(9), 30), (place(8), 50), (place(7), 20)], 100);

        assert_eq!(days.nearest(10, 10), along(None, 10));
        assert_eq!(days.nearest(20, 10), backwards(Some(place(8)), 0));
        assert_eq!(days.nearest(25, 10), along(None, 25), "over the edge of a day");
        assert_eq!(days.nearest(30, 10), along(Some(place(8)), 0));
        assert_eq!(days.nearest(60, 10), backwards(Some(place(7)), 10));
        assert_eq!(days.nearest(90, 10), backwards(None, 0));
    }

    #[test]
    fn inconsistent_days_are_ignored() {
        assert_eq!(
            SeekPoints::between([(place(9), 30), (place(8), 50)], 100),
            SeekPoints::ends(100)
        );
        assert_eq!(
            SeekPoints::between([], 0),
            SeekPoints(vec![SeekPoint { before: 0, place: None }; 2])
        );
    }
}
