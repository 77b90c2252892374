# /// script
# requires-python = ">=3.12"
# dependencies = ["django"]
# ///
"""A library with Django: its admin with a login, and a page of all books.

Runs in a browser tab, and as it is with `uvicorn django_library:app` on a server.
"""

import secrets
import sys
from pathlib import Path

import django
from django.conf import settings

SECRET = Path("secret.txt")
if not SECRET.exists():
    SECRET.write_text(secrets.token_hex(32))

settings.configure(
    SECRET_KEY=SECRET.read_text(),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "library.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        __name__,
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    # Python in a browser lacks the slow hashes, and only the visitor can read the database there.
    **(
        {"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}
        if sys.platform == "emscripten"
        else {}
    ),
    # Relative, so that it is below the path at which the app is mounted.
    STATIC_URL="static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

# These can be imported only once Django is set up.
from django.apps import apps  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.staticfiles.views import serve  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path, re_path  # noqa: E402


class Book(models.Model):
    """A book."""

    title = models.CharField(max_length=200)
    author = models.CharField(max_length=200)
    year = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        app_label = __name__
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    """How the admin lists books."""

    list_display = ["title", "author", "year"]
    search_fields = ["title", "author"]


HOME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Library</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: auto; padding: 1rem }
</style>
<h1>Library</h1>
<ul>{% for book in books %}<li>{{ book.title }}, {{ book.author }}{% endfor %}</ul>
<p><a href="{% url 'admin:index' %}">Administration</a> (name <b>admin</b>, password <b>admin</b>)
</html>
"""


def home(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string(HOME)
    return HttpResponse(template.render({"books": Book.objects.all()}, request))


urlpatterns = [
    path("", home),
    path("admin/", admin.site.urls),
    re_path(r"^static/(?P<path>.+)$", serve, {"insecure": True}),
]

# Django looks for models in a module of their own, but this app is one file.
apps.get_app_config(__name__).models_module = sys.modules[__name__]

if not Path("library.db").exists():
    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
    User.objects.create_superuser("admin", password="admin")
    Book.objects.create(title="The Time Machine", author="H. G. Wells", year=1895)

app = get_asgi_application()
