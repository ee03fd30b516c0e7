"""What a person may type into a card."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, ValidationError
from wtforms.validators import Length, Regexp

ONE_WORD = Regexp(r"\A[\x21-\x7e]*\Z", message="This has spaces or letters that no id or secret has. Copy it again.")
TOO_LONG = Length(max=300, message="This is too long to be one.")


class ClientForm(FlaskForm):
    """The client id and secret of the person's own app. Both empty: forget them."""

    client_id = StringField("Client ID", [TOO_LONG, ONE_WORD], filters=[lambda text: (text or "").strip()])
    client_secret = PasswordField("Client secret", [TOO_LONG, ONE_WORD], filters=[lambda text: (text or "").strip()])

    def validate_client_secret(self, field: PasswordField) -> None:
        if self.client_id.data and not field.data:
            raise ValidationError("The client secret is missing. It is shown beside the client ID.")

    def validate_client_id(self, field: StringField) -> None:
        if self.client_secret.data and not field.data:
            raise ValidationError("The client ID is missing.")


class StravaForm(ClientForm):
    def validate_client_id(self, field: StringField) -> None:
        super().validate_client_id(field)
        if field.data and not field.data.isdecimal():
            raise ValidationError("Strava's client ID is a number, such as 45678. The long text is the secret.")


FORMS: dict[str, type[ClientForm]] = {"strava": StravaForm, "fitbit": ClientForm}
