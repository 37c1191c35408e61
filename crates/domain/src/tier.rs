//! How a customer is ranked by the business.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// How a customer is ranked by the business.
    #[derive(Default)]
    Tier {
        #[default]
        Bronze = "bronze",
        Silver = "silver",
        Gold = "gold",
        Platinum = "platinum",
    }
}
