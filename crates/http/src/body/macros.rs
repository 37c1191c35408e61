//! How bodies are declared.

/// Declares a body that callers send. It has a name, which its schema has, and may have a `check` of
/// fields that belong together; `at_least_one = true` says that it must not be empty, which its
/// `check` sees to. What a field is when it is left out may stand behind its type.
///
/// ```text
/// request_body! {
///     /// A new inbox.
///     #[body(name = "InboxInput")]
///     pub(crate) struct CreateBody {
///         /// The name.
///         name: Field<Name>,
///         /// The medium.
///         channel: Field<Option<Channel>> = Channel::default(),
///     }
/// }
/// ```
macro_rules! request_body {
    (
        $(#[doc = $text:literal])*
        #[body(
            name = $name:literal
            $(, at_least_one = $at_least_one:literal)?
            $(, check = $check:path)?
        )]
        $visibility:vis struct $body:ident {
            $(
                $(#[doc = $field_text:literal])*
                $(#[serde($($serde:tt)*)])?
                $field:ident: $type:ty $(= $default:expr)?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $text])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        $visibility struct $body {
            $(
                $(#[doc = $field_text])*
                $(#[serde($($serde)*)])?
                $field: $type,
            )*
        }

        impl $crate::schema::ObjectSchema for $body {
            const NAME: &'static str = $name;
            const TEXT: &'static str = concat!($($text),*).trim_ascii_start();
            const IS_SENT: bool = true;

            fn fields(fields: &mut $crate::schema::Fields<'_>) {
                $(
                    let text = concat!($($field_text),*).trim_ascii_start();
                    let name = $crate::schema::wire_name(stringify!($field));
                    let default = None$(.or_else(|| Some(serde_json::json!($default))))?;
                    <$type>::describe(fields, name, text, default);
                )*
                $(
                    if $at_least_one {
                        fields.at_least_one();
                    }
                )?
            }
        }

        impl validator::Validate for $body {
            fn validate(&self) -> Result<(), validator::ValidationErrors> {
                let mut errors = validator::ValidationErrors::new();
                $(self.$field.validate(stringify!($field), &mut errors);)*
                $(
                    if let Err(error) = $check(self) {
                        errors.add($crate::validation::WHOLE_STRUCT, error);
                    }
                )?
                if errors.is_empty() { Ok(()) } else { Err(errors) }
            }
        }

        impl $crate::body::RequestBody for $body {
            fn asks_for_nothing(&self) -> bool {
                [$(self.$field.asks_for_nothing()),*].iter().all(|nothing| *nothing)
            }
        }

        impl $crate::body::BodyValue for $body {
            type Json = Self;

            fn read(body: Self) -> Result<Self, validator::ValidationError> {
                Ok(body)
            }

            fn validate(&self) -> Result<(), validator::ValidationErrors> {
                validator::Validate::validate(self)
            }

            fn asks_for_nothing(&self) -> bool {
                $crate::body::RequestBody::asks_for_nothing(self)
            }
        }
    };
}

/// Declares a body that callers are shown, in the same way.
macro_rules! response_body {
    (
        $(#[doc = $text:literal])*
        #[body(name = $name:literal)]
        $visibility:vis struct $body:ident {
            $(
                $(#[doc = $field_text:literal])*
                $(#[serde($($serde:tt)*)])?
                $field:ident: $type:ty
            ),* $(,)?
        }
    ) => {
        $(#[doc = $text])*
        #[derive(Debug, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        $visibility struct $body {
            $(
                $(#[doc = $field_text])*
                $(#[serde($($serde)*)])?
                $field: $type,
            )*
        }

        impl $crate::schema::ObjectSchema for $body {
            const NAME: &'static str = $name;
            const TEXT: &'static str = concat!($($text),*).trim_ascii_start();
            const IS_SENT: bool = false;

            fn fields(fields: &mut $crate::schema::Fields<'_>) {
                $(
                    let text = concat!($($field_text),*).trim_ascii_start();
                    fields.has::<$type>($crate::schema::wire_name(stringify!($field)), text);
                )*
            }
        }
    };
}

pub(crate) use {request_body, response_body};
