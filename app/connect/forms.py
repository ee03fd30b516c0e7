"""What a person may type into a card."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, ValidationError
from wtforms.validators import Length, Regexp

from app.sources import SOURCES

ONE_WORD = Regexp(r"\A[\x21-\x7e]*\Z", message="This has spaces or letters that no id or secret has. Copy it again.")
TOO_LONG = Length(max=300, message="This is too long to be one.")


class ClientForm(FlaskForm):
    """The client id and secret of the person's own app at `source`. Both empty: forget them."""

    client_id = StringField("Client ID", [TOO_LONG, ONE_WORD], filters=[lambda text: (text or "").strip()])
    client_secret = PasswordField("Client secret", [TOO_LONG, ONE_WORD], filters=[lambda text: (text or "").strip()])

    def __init__(self, source: str, *given: Any, **values: Any) -> None:
        super().__init__(*given, **values)
        self.source = SOURCES[source]

    def validate_client_secret(self, field: PasswordField) -> None:
        if self.client_id.data and not field.data:
            raise ValidationError("The client secret is missing. It is shown beside the client ID.")

    def validate_client_id(self, field: StringField) -> None:
        if self.client_secret.data and not field.data:
            raise ValidationError("The client ID is missing.")
        if field.data and (fault := self.source.client_id_fault(field.data)):
            raise ValidationError(fault)
