//! How PostgreSQL has the columns with two spellings, and the words of texts: in its binary form.

use std::io::Write as _;

use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::BigInt;
use uuid::Uuid;

use crate::columns::{DbId, DbTime, Id, UtcMillis, time};
use crate::text_index::{DbTerm, PositionedWords, TextQuery, TextVector};

/// PostgreSQL counts microseconds from the year 2000.
const POSTGRES_EPOCH_MILLIS: i64 = 946_684_800_000;

impl ToSql<Id, Pg> for DbId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Id, Pg> for DbId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<UtcMillis, Pg> for DbTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = (self.0.as_unix_millis() - POSTGRES_EPOCH_MILLIS)
            .checked_mul(1000)
            .ok_or("a time that PostgreSQL cannot hold")?;
        out.write_all(&micros.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<UtcMillis, Pg> for DbTime {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        time(micros.div_euclid(1000).saturating_add(POSTGRES_EPOCH_MILLIS))
    }
}

impl ToSql<TextVector, Pg> for PositionedWords {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}

/// As PostgreSQL's `tsqueryrecv` reads it: each operator before its operands, the right one first.
impl ToSql<TextQuery, Pg> for DbTerm {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        const VALUE: u8 = 1;
        const ANY_WEIGHT: u8 = 0;
        const OPERATOR: u8 = 2;
        const FOLLOWED_BY: u8 = 4;
        const NEXT: u16 = 1;

        let count = self.words.len();
        out.write_all(&u32::try_from(2 * count - 1)?.to_be_bytes())?;
        for (index, word) in self.words.iter().enumerate().rev() {
            if index > 0 {
                out.write_all(&[OPERATOR, FOLLOWED_BY])?;
                out.write_all(&NEXT.to_be_bytes())?;
            }
            let goes_on = !self.whole && index + 1 == count;
            out.write_all(&[VALUE, ANY_WEIGHT, u8::from(goes_on)])?;
            out.write_all(word.as_bytes())?;
            out.write_all(&[0])?;
        }
        Ok(IsNull::No)
    }
}
